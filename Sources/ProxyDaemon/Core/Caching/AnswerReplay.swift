/// A kept answer as the answer to another request.
enum AnswerReplay {
    /// In the request's dialect and form, under ids of its own. nil for what cannot be carried over; a provider is asked then.
    static func reply(with answer: CachedAnswer, to prompt: Prompt, of request: ClientRequest) -> Reply? {
        guard let body = body(answer, prompt, request) else { return nil }
        var headers = headers(prompt, request)
        headers.append(HeaderField("age", String(answer.ageSeconds(request.unixMilliseconds / 1_000))))
        return Reply(status: 200, headers: headers, body: .bytes(body))
    }

    /// The head of an answer that was made for another request: none of what the provider said of that one.
    static func headers(_ prompt: Prompt, _ request: ClientRequest) -> [HeaderField] {
        let type = prompt.isStream ? "text/event-stream; charset=utf-8" : "application/json"
        var headers = [HeaderField("content-type", type)]
        if prompt.isStream { headers.append(HeaderField("cache-control", "no-cache")) }
        headers.append(HeaderField(prompt.dialect.requestIDHeader, "req_gw_\(request.id)"))
        return headers
    }

    static func context(_ prompt: Prompt, _ request: ClientRequest, model: String) -> TranslationContext {
        TranslationContext(
            exchangeID: request.id,
            unixSeconds: request.unixMilliseconds / 1_000,
            model: model,
            wantsUsageChunk: prompt.wantsUsageChunk
        )
    }

    /// The text of an answer, for those who compare answers.
    static func text(of answer: CachedAnswer) -> String {
        let context = TranslationContext(exchangeID: "", unixSeconds: 0, model: answer.backend.model)
        let message = AnswerTranslation.replay(
            answer.form.bytes,
            in: answer.dialect,
            isStream: answer.form.isStream,
            asStream: false,
            usage: answer.usage,
            context: context
        )
        return message.map { WholeAnswer.text($0, answer.dialect) } ?? ""
    }

    private static func body(_ answer: CachedAnswer, _ prompt: Prompt, _ request: ClientRequest) -> [UInt8]? {
        let context = context(prompt, request, model: answer.backend.model)
        var bytes = answer.form.bytes
        var isStream = answer.form.isStream
        if answer.dialect != prompt.dialect {
            let carried = AnswerTranslation.carried(
                bytes,
                from: answer.dialect,
                to: prompt.dialect,
                isStream: isStream,
                usage: answer.usage,
                context: context
            )
            guard let carried else { return nil }
            bytes = carried
            isStream = false
        }
        let replayed = AnswerTranslation.replay(
            bytes,
            in: prompt.dialect,
            isStream: isStream,
            asStream: prompt.isStream,
            usage: answer.usage,
            context: context
        )
        return replayed.map { FreshID.renamed($0, prompt.dialect, exchangeID: request.id) }
    }
}
