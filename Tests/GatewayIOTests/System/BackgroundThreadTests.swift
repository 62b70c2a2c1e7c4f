import Glibc
import Synchronization
import Testing

@testable import GatewayIO

@Suite("A thread for work that nobody waits for")
struct BackgroundThreadTests {
    /// What its jobs say, in their order.
    private final class Said: Sendable {
        private let words = Mutex<[String]>([])
        func say(_ word: String) { words.withLock { $0.append(word) } }
        var all: [String] { words.withLock { $0 } }
    }

    @Test("runs its jobs one after another, in the order in which they are due")
    func order() async {
        let said = Said()
        let thread = BackgroundThread(standsBack: true)
        await withCheckedContinuation { continuation in
            thread.async(afterNanoseconds: 30_000_000) {
                said.say("late")
                continuation.resume()
            }
            thread.async(afterNanoseconds: 10_000_000) { said.say("soon") }
            thread.async { said.say("first") }
            thread.async { said.say("second") }
        }
        #expect(said.all == ["first", "second", "soon", "late"])
    }

    @Test("all jobs run on one thread, which gives way only if it is to", arguments: [true, false])
    func rank(standsBack: Bool) async {
        let thread = BackgroundThread(standsBack: standsBack)
        func seen() async -> (thread: pthread_t, niceness: Int32) {
            await withCheckedContinuation { continuation in
                thread.async {
                    let niceness = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                    continuation.resume(returning: (pthread_self(), niceness))
                }
            }
        }
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        let (first, second) = (await seen(), await seen())
        #expect(first.thread == second.thread)
        #expect(first.thread != pthread_self())
        #expect(first.niceness == (standsBack ? min(19, own + 10) : own))
    }

    @Test("what is pressing is done by a thread of the others' rank, until it no longer is")
    func pressing() async {
        let thread = BackgroundThread(standsBack: true)
        func seen() async -> (thread: pthread_t, niceness: Int32) {
            await withCheckedContinuation { continuation in
                thread.async {
                    let niceness = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                    continuation.resume(returning: (pthread_self(), niceness))
                }
            }
        }
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        let before = await seen()
        for _ in 0..<100 {
            thread.press(true)
            let pressed = await seen()
            #expect(pressed.niceness == own && pressed.thread != before.thread)
            thread.press(false)
            #expect(await seen() == before)
        }
    }

    @Test("the rank of a thread that stands back is not handed on, to what is pressing nor to whom it wakes")
    func inheritance() async {
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        let thread = BackgroundThread(standsBack: true)
        let niceness = await withCheckedContinuation { continuation in
            thread.async {
                thread.press(true)
                thread.async {
                    continuation.resume(returning: getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
                }
            }
        }
        #expect(niceness == own)
        thread.press(false)
        let (asked, woken) = await withCheckedContinuation { continuation in
            thread.async {
                let asked = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                ThreadRank.handOver {
                    let woken = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                    continuation.resume(returning: (asked, woken))
                }
            }
        }
        #expect(asked == min(19, own + 10) && woken == own)
        let here = pthread_self()
        ThreadRank.handOver { #expect(pthread_self() == here) }
    }

    @Test("jobs never overlap, whichever thread has them, and keep their order")
    func handover() async {
        let thread = BackgroundThread(standsBack: true)
        let log = Mutex<(running: Int, overlaps: Int, numbers: [Int])>((0, 0, []))
        for number in 0..<2_000 {
            thread.async {
                log.withLock {
                    $0.running += 1
                    if $0.running > 1 { $0.overlaps += 1 }
                    $0.numbers.append(number)
                }
                if number % 100 == 0 { usleep(100) }
                log.withLock { $0.running -= 1 }
            }
            if number % 7 == 0 { thread.press(number % 2 == 0) }
        }
        await withCheckedContinuation { continuation in thread.async { continuation.resume() } }
        log.withLock {
            #expect($0.overlaps == 0)
            #expect($0.numbers == Array(0..<2_000))
        }
    }

    @Test("with its last reference what is due is still run, and what is due later is dropped")
    func end() async {
        let said = Said()
        await withCheckedContinuation { continuation in
            let thread = BackgroundThread(standsBack: true)
            thread.async(afterNanoseconds: 3_600_000_000_000) { said.say("never") }
            // Held back by the job before it until the thread's last reference is gone.
            thread.async { usleep(20_000) }
            thread.async {
                said.say("now")
                continuation.resume()
            }
        }
        #expect(said.all == ["now"])
    }
}
