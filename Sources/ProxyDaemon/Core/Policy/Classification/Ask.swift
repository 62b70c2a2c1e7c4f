/// What is classified: the user's request without what a tool put around it.
///
/// Agents and editors wrap a line of the user's in kilobytes of reminders, open files and rules. Read with them,
/// everything looks hard. `tools/router/ask.py` is this file once more for the trainer.
package struct Ask: Sendable, Equatable {
    /// Bytes up to which a text is its own request.
    package static let wholeBytes = 600
    /// Bytes kept of a longer text's first and last paragraph.
    package static let pieceBytes = 400

    /// The request, as UTF-8: of the embedding and of the words that count. At most about 800 bytes.
    package let text: [UInt8]
    /// All that the user wrote, pasted files and logs included, as UTF-8.
    package let content: [UInt8]
    /// UTF-8 bytes of the text that it was made from.
    package let originalBytes: Int
    /// The user's turns in the conversation, this one included.
    package let userTurns: Int
    /// UTF-8 bytes of the system prompt.
    package let systemBytes: Int
    package let toolCount: Int

    /// What the text of a user's turn asks. Time is linear in its length.
    package init(_ text: [UInt8], userTurns: Int = 1, systemBytes: Int = 0, toolCount: Int = 0) {
        originalBytes = text.count
        content = AskText.withoutBoilerplate(text)
        self.text = content.withUnsafeBufferPointer(AskText.request)
        self.userTurns = max(1, userTurns)
        self.systemBytes = max(0, systemBytes)
        self.toolCount = max(0, toolCount)
    }
}

/// The two cuts that make a request out of a text.
enum AskText {
    /// A tag's name begins with a letter and has at most this many bytes.
    static let longestTag = 40
    /// A tag's attributes have at most this many bytes.
    static let longestAttributes = 512

    /// Tags whose contents are not the user's own words.
    static let boilerplate: Set<[UInt8]> = tagNames(
        """
        system-reminder, system_reminder, environment_details, environment_context, context, additional_data,
        additional_context, attached_files, attached_file, attachments, attachment, file, files, file_content,
        file_contents, open_and_recently_viewed_files, open_files, recently_viewed_files, document, documents,
        document_content, source, workspace_info, editorcontext, editor_context, repository, reminderinstructions,
        selection, code_selection, current_file, user_info, project_layout, rules, cursor_rules_context,
        user_instructions, custom_instructions, local-command-stdout, local-command-stderr, local-command-caveat,
        command-name, command-message, command-args, git_status, gitstatus, linter_errors, terminal_output,
        manually_added_selection, project_instructions, tooluseinstructions, instructions_file, userpreferences
        """
    )
    /// Tags that an editor puts around the user's own words.
    static let wrappers: Set<[UInt8]> = tagNames(
        "user_query, userrequest, user_request, user_message, task, query, question, prompt, feedback, answer"
    )

    private static func tagNames(_ list: String) -> Set<[UInt8]> {
        Set(list.split(separator: ",").map { name in name.utf8.filter { $0 != 0x20 && $0 != 0x0A } })
    }
}
