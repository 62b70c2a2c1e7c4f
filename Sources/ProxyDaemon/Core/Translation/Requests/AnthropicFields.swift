/// What becomes of the fields of Anthropic's Messages (https://platform.claude.com/docs/en/api/messages; the members are
/// those of anthropic-python 2.11, beta and older ones included).
extension FieldTables {
    static let anthropicRequest = FieldTable(
        "Request",
        .anthropic,
        [
            .anthropic("model", openAI: .mapped("the backend's model"), ollama: .mapped("the backend's model")),
            .anthropic("messages", openAI: .mapped("`messages`, see below"), ollama: .mapped("`messages`, see below")),
            .anthropic(
                "system",
                openAI: .mapped(
                    "one leading `system` message, its blocks parted by an empty line; agents' attribution blocks are left out"
                ),
                ollama: .mapped("the same")
            ),
            .anthropic(
                "max_tokens",
                openAI: .mapped("`max_completion_tokens` at OpenAI, `max_tokens` elsewhere; 0 is a 400"),
                ollama: .mapped("`options.num_predict`; 0 is a 400")
            ),
            .anthropic(
                "stop_sequences",
                openAI: .mapped("`stop`; at OpenAI the first four, with a warning"),
                ollama: .mapped("`options.stop`")
            ),
            .anthropic(
                "temperature",
                openAI: .mapped("`temperature`; dropped with a warning where the model takes none"),
                ollama: .mapped("`options.temperature`")
            ),
            .anthropic(
                "top_p",
                openAI: .mapped(
                    "`top_p`; dropped with a warning where the model takes none, or not beside `temperature`"
                ),
                ollama: .mapped("`options.top_p`")
            ),
            .anthropic(
                "top_k",
                openAI: .mapped("`top_k`; at OpenAI dropped with a warning"),
                ollama: .mapped("`options.top_k`")
            ),
            .anthropic(
                "stream",
                openAI: .mapped("`stream`, and `stream_options.include_usage` where the backend takes it"),
                ollama: .mapped("`stream`, always set")
            ),
            .anthropic("tools", openAI: .mapped("`tools`, see below"), ollama: .mapped("`tools`, see below")),
            .anthropic(
                "tool_choice",
                openAI: .mapped(
                    "`auto`, `any` → `required`, `tool` → a function, `none`; `disable_parallel_tool_use` → "
                        + "`parallel_tool_calls: false`"
                ),
                ollama: .mapped(
                    "`none` → no `tools`; `any`, `tool` and `disable_parallel_tool_use` are dropped with a warning"
                )
            ),
            .anthropic(
                "thinking",
                openAI: .mapped(
                    "`reasoning_effort`: `disabled` → `none`; a budget below 4096 → `low`, below 16384 → `medium`, else "
                        + "`high`; dropped with a warning where the model takes no effort"
                ),
                ollama: .mapped("`think`: false, or the level as at OpenAI")
            ),
            .anthropic(
                "output_config",
                openAI: .mapped(
                    "`effort` → `reasoning_effort`, a level the model lacks becomes the next lower one (warning); "
                        + "`format` → `response_format`"
                ),
                ollama: .mapped("`effort` → `think`, `xhigh` → `max`; `format` → `format`")
            ),
            .anthropic(
                "output_format",
                openAI: .mapped("as `output_config.format`"),
                ollama: .mapped("as `output_config.format`")
            ),
            .anthropic(
                "metadata",
                openAI: .mapped(
                    "`user_id` → `safety_identifier` at OpenAI, as SHA-256 in hexadecimal; elsewhere dropped with a warning"
                ),
                ollama: .mapped("`user_id` is dropped with a warning"),
                unless: ["{}"]
            ),
            .anthropic("cache_control", openAI: .dropped(), ollama: .dropped(), warning: "cache_control"),
            .anthropic(
                "mcp_servers",
                openAI: .refused("this backend reaches no MCP servers, and their tools would be missing"),
                ollama: .refused("this backend reaches no MCP servers, and their tools would be missing"),
                unless: ["[]"]
            ),
            .anthropic(
                "thread",
                openAI: .refused("this backend keeps no threads, and earlier messages would be missing"),
                ollama: .refused("this backend keeps no threads, and earlier messages would be missing")
            ),
            .anthropic("service_tier", openAI: .dropped(), ollama: .dropped(), unless: ["\"auto\""]),
            .anthropic("speed", openAI: .dropped(), ollama: .dropped(), unless: ["\"standard\""]),
            .anthropic("container", openAI: .dropped(), ollama: .dropped()),
            .anthropic("context_management", openAI: .dropped(), ollama: .dropped(), unless: ["{}", "{\"edits\":[]}"]),
            .anthropic("inference_geo", openAI: .dropped(), ollama: .dropped()),
            .anthropic("diagnostics", openAI: .dropped(), ollama: .dropped(), unless: ["{}"]),
            .anthropic("fallbacks", openAI: .dropped(), ollama: .dropped(), unless: ["[]"]),
            .anthropic("fallback_credit_token", openAI: .dropped(), ollama: .dropped()),
            .anthropic("compaction", openAI: .dropped(), ollama: .dropped()),
            .anthropic("billing_policy", openAI: .dropped(), ollama: .dropped()),
        ]
    )

    static let anthropicMessage = FieldTable(
        "Messages",
        .anthropic,
        scope: "messages",
        [
            .anthropic(
                "role",
                openAI: .mapped(
                    "`user`, `assistant`; `system` → a `system` message in place where the model takes one, else user text "
                        + "(warning `messages.system_mid_conversation`); neighbours of one role → one message"
                ),
                ollama: .mapped("the same")
            ),
            .anthropic(
                "content",
                openAI: .mapped("a user's blocks → parts, one text → a string; an assistant's texts → one string"),
                ollama: .mapped("`content`: a user's texts by lines, an assistant's texts → one string")
            ),
        ]
    )

    static let anthropicBlock = FieldTable(
        "Types of content blocks",
        .anthropic,
        scope: "messages",
        [
            .anthropic("text", openAI: .mapped("text"), ollama: .mapped("text")),
            .anthropic(
                "image",
                openAI: .mapped("`image_url`: base64 → a data URI, or the URL; `file` is a 400"),
                ollama: .mapped("`images`: base64; URLs and `file` are a 400")
            ),
            .anthropic(
                "document",
                openAI: .mapped(
                    "text → `<document title=\"…\">` around it (warning); PDF in base64 → a `file` part at OpenAI, "
                        + "else a 400; URLs and `file` are a 400"
                ),
                ollama: .mapped("text → `<document title=\"…\">` around it (warning); all else is a 400")
            ),
            .anthropic(
                "search_result",
                openAI: .mapped("text, as a document (warning)"),
                ollama: .mapped("text, as a document (warning)")
            ),
            .anthropic(
                "tool_use",
                openAI: .mapped(
                    "`tool_calls`; a name of more than 64 characters is shortened, and restored in the answer"
                ),
                ollama: .mapped("`tool_calls`")
            ),
            .anthropic(
                "tool_result",
                openAI: .mapped(
                    "a `tool` message before the rest of its turn; `is_error` → `ERROR: ` before it (warning); images "
                        + "and PDF → the user message after it (warning)"
                ),
                ollama: .mapped("the same, with `tool_name`")
            ),
            .anthropic("thinking", openAI: .dropped(), ollama: .mapped("`thinking`")),
            .anthropic("redacted_thinking", openAI: .dropped(), ollama: .dropped()),
            .anthropic(
                "compaction",
                openAI: .mapped("its `content` → text (warning); encrypted content is a 400"),
                ollama: .mapped("the same")
            ),
            .anthropic("server_tool_use", openAI: .dropped(), ollama: .dropped()),
            .anthropic("mcp_tool_use", openAI: .dropped(), ollama: .dropped()),
            .anthropic("mcp_tool_listing", openAI: .dropped(), ollama: .dropped()),
            .anthropic(
                "*_tool_result",
                openAI: .dropped("of tools that the provider ran"),
                ollama: .dropped("of tools that the provider ran")
            ),
            .anthropic("fallback", openAI: .dropped(), ollama: .dropped()),
            .anthropic("tool_reference", openAI: .dropped(), ollama: .dropped()),
            .anthropic(
                "container_upload",
                openAI: .refused("this backend cannot reach files by their id"),
                ollama: .refused("this backend cannot reach files by their id")
            ),
        ]
    )

    static let anthropicBlockMember = FieldTable(
        "Members of content blocks",
        .anthropic,
        scope: "messages.content",
        [
            .anthropic("type", openAI: .mapped("see above"), ollama: .mapped("see above")),
            .anthropic("text", openAI: .mapped("the text"), ollama: .mapped("the text")),
            .anthropic("thinking", openAI: .mapped("see above"), ollama: .mapped("`thinking`")),
            .anthropic(
                "signature",
                openAI: .consumed("goes with its thinking"),
                ollama: .consumed("means nothing elsewhere")
            ),
            .anthropic("source", openAI: .mapped("see above"), ollama: .mapped("see above")),
            .anthropic(
                "title",
                openAI: .mapped("a document's title or file name"),
                ollama: .mapped("a document's title")
            ),
            .anthropic(
                "context",
                openAI: .mapped("`context=\"…\"` of a document"),
                ollama: .mapped("`context=\"…\"` of a document")
            ),
            .anthropic("id", openAI: .passed, ollama: .passed),
            .anthropic("name", openAI: .mapped("`function.name`"), ollama: .mapped("`function.name`")),
            .anthropic(
                "input",
                openAI: .mapped("`function.arguments`, as compact JSON text"),
                ollama: .mapped("`function.arguments`")
            ),
            .anthropic("tool_use_id", openAI: .mapped("`tool_call_id`"), ollama: .mapped("`tool_call_id`")),
            .anthropic("content", openAI: .mapped("see above"), ollama: .mapped("see above")),
            .anthropic("is_error", openAI: .mapped("`ERROR: `"), ollama: .mapped("`ERROR: `")),
            .anthropic("cache_control", openAI: .dropped(), ollama: .dropped(), warning: "cache_control"),
            .anthropic(
                "citations",
                openAI: .dropped(),
                ollama: .dropped(),
                unless: ["[]", "{\"enabled\":false}"],
                warning: "citations"
            ),
            .anthropic("transformations", openAI: .dropped(), ollama: .dropped()),
            .anthropic(
                "caller",
                openAI: .dropped(),
                ollama: .dropped(),
                unless: ["{\"type\":\"direct\"}"]
            ),
            .anthropic("toolset_name", openAI: .dropped(), ollama: .dropped()),
        ]
    )

    static let anthropicToolType = FieldTable(
        "Types of tools",
        .anthropic,
        scope: "tools",
        [
            .anthropic("custom", openAI: .mapped("`function`"), ollama: .mapped("`function`")),
            .anthropic("bash_*", openAI: .refused(clientTool), ollama: .refused(clientTool)),
            .anthropic("text_editor_*", openAI: .refused(clientTool), ollama: .refused(clientTool)),
            .anthropic("computer_*", openAI: .refused(clientTool), ollama: .refused(clientTool)),
            .anthropic("browser_*", openAI: .refused(clientTool), ollama: .refused(clientTool)),
            .anthropic("memory_*", openAI: .refused(clientTool), ollama: .refused(clientTool)),
            .anthropic("web_search_*", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
            .anthropic("web_fetch_*", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
            .anthropic("code_execution_*", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
            .anthropic("tool_search_tool_*", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
            .anthropic("advisor_*", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
            .anthropic("mcp_toolset", openAI: .dropped(serverTool), ollama: .dropped(serverTool)),
        ]
    )

    private static let clientTool =
        "is a type of Anthropic's without a schema; describe it as a custom tool for this backend"
    private static let serverTool = "Anthropic runs it"

    static let anthropicTool = FieldTable(
        "Tools",
        .anthropic,
        scope: "tools",
        [
            .anthropic("type", openAI: .mapped("see above"), ollama: .mapped("see above")),
            .anthropic(
                "name",
                openAI: .mapped("`name`; one of more than 64 characters is shortened, and restored in the answer"),
                ollama: .passed
            ),
            .anthropic("description", openAI: .passed, ollama: .passed),
            .anthropic("input_schema", openAI: .mapped("`parameters`"), ollama: .mapped("`parameters`")),
            .anthropic(
                "strict",
                openAI: .mapped(
                    "`strict`; at OpenAI dropped with a warning where the schema is not as strict as it must be there"
                ),
                ollama: .passed,
                unless: ["false"]
            ),
            .anthropic("cache_control", openAI: .dropped(), ollama: .dropped(), warning: "cache_control"),
            .anthropic("defer_loading", openAI: .dropped(), ollama: .dropped(), unless: ["false"]),
            .anthropic("eager_input_streaming", openAI: .dropped(), ollama: .dropped(), unless: ["false"]),
            .anthropic("input_examples", openAI: .dropped(), ollama: .dropped(), unless: ["[]"]),
            .anthropic("allowed_callers", openAI: .dropped(), ollama: .dropped(), unless: ["[\"direct\"]"]),
        ]
    )
}
