/// An answer as the exact cache keeps it: its own bytes, and a note of all else.
struct PackedAnswer {
    /// See ``AnswerCodec/head(of:)``.
    let note: [UInt8]
    let form: [UInt8]
    let backend: Backend

    init(note: [UInt8], form: [UInt8], backend: Backend) {
        self.note = note
        self.form = form
        self.backend = backend
    }

    init(_ answer: CachedAnswer) {
        self.init(note: AnswerCodec.head(of: answer), form: answer.form.bytes, backend: answer.backend)
    }

    /// The answer again.
    var answer: CachedAnswer? { AnswerCodec.decode(note, form: form, of: backend) }
}
