package import NIOCore

/// Runs a task's work on an event loop, so that a request need not change threads between its socket and its stages.
///
/// A hop to the cooperative pool and back costs tens of microseconds; a job on the loop that is running costs less than
/// one.
package final class LoopTaskExecutor: TaskExecutor {
    package let loop: any EventLoop

    package init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
