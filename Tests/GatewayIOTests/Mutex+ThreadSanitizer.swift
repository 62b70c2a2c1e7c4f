#if THREAD_SANITIZER
import Shared

typealias Mutex = WatchedMutex
#endif
