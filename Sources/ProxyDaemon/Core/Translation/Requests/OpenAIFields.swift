/// What becomes of the fields of OpenAI's Chat Completions
/// (https://platform.openai.com/docs/api-reference/chat/create; the members are those of openai-python 3.52).
extension FieldTables {
    static let openAIRequest = FieldTable(
        "Request",
        .openai,
        [
            .openAI("model", anthropic: .mapped("the backend's model"), ollama: .mapped("the backend's model")),
            .openAI(
                "messages",
                anthropic: .mapped("`system` and `messages`, see below"),
                ollama: .mapped("`messages`, see below")
            ),
            .openAI(
                "max_completion_tokens",
                anthropic: .mapped("`max_tokens`; without it `default_max_tokens`"),
                ollama: .mapped("`options.num_predict`")
            ),
            .openAI(
                "max_tokens",
                anthropic: .mapped("the same, where `max_completion_tokens` is absent"),
                ollama: .mapped("the same, where `max_completion_tokens` is absent")
            ),
            .openAI(
                "temperature",
                anthropic: .mapped("`temperature`, at most 1; dropped with a warning where the model takes none"),
                ollama: .mapped("`options.temperature`")
            ),
            .openAI(
                "top_p",
                anthropic: .mapped(
                    "`top_p`; dropped with a warning where the model takes none, or not beside `temperature`"
                ),
                ollama: .mapped("`options.top_p`")
            ),
            .openAI("seed", anthropic: .dropped(), ollama: .mapped("`options.seed`")),
            .openAI(
                "frequency_penalty",
                anthropic: .dropped(),
                ollama: .mapped("`options.frequency_penalty`"),
                unless: ["0", "0.0"]
            ),
            .openAI(
                "presence_penalty",
                anthropic: .dropped(),
                ollama: .mapped("`options.presence_penalty`"),
                unless: ["0", "0.0"]
            ),
            .openAI("logit_bias", anthropic: .dropped(), ollama: .dropped(), unless: ["{}"]),
            .openAI(
                "n",
                anthropic: .refused("must be 1 for this backend"),
                ollama: .refused("must be 1 for this backend"),
                unless: ["1"]
            ),
            .openAI(
                "logprobs",
                anthropic: .refused("this backend gives no log probabilities"),
                ollama: .refused("the gateway carries no log probabilities over from this backend"),
                unless: ["false"]
            ),
            .openAI("top_logprobs", anthropic: .dropped(), ollama: .dropped(), unless: ["0"]),
            .openAI(
                "stop",
                anthropic: .mapped("`stop_sequences`, without those of white space only (warning `stop(whitespace)`)"),
                ollama: .mapped("`options.stop`")
            ),
            .openAI("stream", anthropic: .passed, ollama: .mapped("`stream`, always set")),
            .openAI(
                "stream_options",
                anthropic: .consumed("`include_usage` is obeyed by the gateway"),
                ollama: .consumed("`include_usage` is obeyed by the gateway")
            ),
            .openAI("tools", anthropic: .mapped("`tools`, see below"), ollama: .mapped("`tools`, see below")),
            .openAI(
                "tool_choice",
                anthropic: .mapped(
                    "`auto`, `required` → `any`, `none`, a function → `tool`; `allowed_tools` → only those of `tools`; "
                        + "a forced tool becomes `auto` with a warning where the model cannot be forced, or thinks"
                ),
                ollama: .mapped(
                    "`none` → no `tools`; `allowed_tools` → only those of `tools`; a forced tool is dropped with a warning"
                )
            ),
            .openAI(
                "parallel_tool_calls",
                anthropic: .mapped("`false` → `tool_choice.disable_parallel_tool_use`"),
                ollama: .dropped(),
                unless: ["true"]
            ),
            .openAI("functions", anthropic: .mapped("as `tools`"), ollama: .mapped("as `tools`")),
            .openAI("function_call", anthropic: .mapped("as `tool_choice`"), ollama: .mapped("as `tool_choice`")),
            .openAI(
                "response_format",
                anthropic: .mapped(
                    "`json_schema` → `output_config.format`, what Anthropic's schemas lack moved into descriptions "
                        + "(warnings `schema.…`); without structured output, and for `json_object`, an instruction "
                        + "with a warning"
                ),
                ollama: .mapped("`format`: the schema, or `json`")
            ),
            .openAI(
                "reasoning_effort",
                anthropic: .mapped(
                    "`output_config.effort` and adaptive `thinking`; a level the model lacks becomes the next lower one "
                        + "(warning); older models get a budget of 1024, 2048, 4096 or 8192 tokens where it is less "
                        + "than `max_tokens`; `none` → `thinking` disabled"
                ),
                ollama: .mapped("`think`: `none` → false, `xhigh` → `max`")
            ),
            .openAI("verbosity", anthropic: .dropped(), ollama: .dropped(), unless: ["\"medium\""]),
            .openAI(
                "user",
                anthropic: .mapped("`metadata.user_id`; SHA-256 in hexadecimal where it holds an `@`"),
                ollama: .dropped()
            ),
            .openAI(
                "safety_identifier",
                anthropic: .mapped("as `user`, before which it counts"),
                ollama: .dropped()
            ),
            .openAI(
                "service_tier",
                anthropic: .mapped("`default` → `standard_only`; others but `auto` are dropped with a warning"),
                ollama: .dropped(),
                unless: ["\"auto\""]
            ),
            .openAI("store", anthropic: .dropped(), ollama: .dropped(), unless: ["false"]),
            .openAI("metadata", anthropic: .dropped(), ollama: .dropped(), unless: ["{}"]),
            .openAI("prompt_cache_key", anthropic: .dropped(), ollama: .dropped()),
            .openAI("prompt_cache_options", anthropic: .dropped(), ollama: .dropped()),
            .openAI("prompt_cache_retention", anthropic: .dropped(), ollama: .dropped()),
            .openAI("prediction", anthropic: .dropped(), ollama: .dropped()),
            .openAI("moderation", anthropic: .dropped(), ollama: .dropped()),
            .openAI("web_search_options", anthropic: .dropped(), ollama: .dropped()),
            .openAI(
                "modalities",
                anthropic: .refused("this backend answers with text only"),
                ollama: .refused("this backend answers with text only"),
                unless: ["[\"text\"]", "[]"]
            ),
            .openAI(
                "audio",
                anthropic: .refused("this backend answers with text only"),
                ollama: .refused("this backend answers with text only")
            ),
            .openAI(
                "provider",
                anthropic: .consumed("the gateway's own field"),
                ollama: .consumed("the gateway's own field")
            ),
            .openAI(
                "smart_routing",
                anthropic: .consumed("the gateway's own field"),
                ollama: .consumed("the gateway's own field")
            ),
        ]
    )

    static let openAIMessage = FieldTable(
        "Messages",
        .openai,
        scope: "messages",
        [
            .openAI(
                "role",
                anthropic: .mapped(
                    "leading `system` and `developer` → `system` blocks; later ones → a `system` turn where the model "
                        + "takes it at that place, else user text (warning `messages.system_mid_conversation`); `tool` "
                        + "and `function` → `tool_result` blocks, first in their user turn; neighbours of one role → "
                        + "one turn; where the first is not the user's, a user turn `.` (warning)"
                ),
                ollama: .mapped("leading `system` and `developer` → one `system` message; `function` → `tool`")
            ),
            .openAI(
                "content",
                anthropic: .mapped("blocks"),
                ollama: .mapped("`content`, texts of one message by lines")
            ),
            .openAI("name", anthropic: .dropped(), ollama: .dropped()),
            .openAI("tool_calls", anthropic: .mapped("`tool_use` blocks"), ollama: .mapped("`tool_calls`")),
            .openAI(
                "tool_call_id",
                anthropic: .mapped("`tool_use_id`; other characters than letters, digits, `_` and `-` are replaced"),
                ollama: .mapped("`tool_call_id` and `tool_name`")
            ),
            .openAI("function_call", anthropic: .mapped("a `tool_use` block"), ollama: .mapped("`tool_calls`")),
            .openAI(
                "refusal",
                anthropic: .mapped("text (warning)"),
                ollama: .mapped("text (warning)"),
                unless: ["\"\""]
            ),
            .openAI(
                "reasoning_content",
                anthropic: .dropped("it bears no signature"),
                ollama: .mapped("`thinking`"),
                unless: ["\"\""]
            ),
            .openAI(
                "audio",
                anthropic: .refused("this backend cannot recall an answer in sound"),
                ollama: .refused("this backend cannot recall an answer in sound")
            ),
            .openAI("annotations", anthropic: .dropped(), ollama: .dropped(), unless: ["[]"]),
        ]
    )

    static let openAIPart = FieldTable(
        "Types of content parts",
        .openai,
        scope: "messages.content",
        [
            .openAI("text", anthropic: .mapped("`text`; empty ones are left out"), ollama: .mapped("text")),
            .openAI("refusal", anthropic: .mapped("`text` (warning)"), ollama: .mapped("text (warning)")),
            .openAI(
                "image_url",
                anthropic: .mapped("`image`: a data URI of JPEG, PNG, GIF or WebP, or a URL; PDF → `document`"),
                ollama: .mapped("`images`: data URIs only, others are a 400")
            ),
            .openAI(
                "file",
                anthropic: .mapped("`file_data` with a PDF → `document`, with an image → `image`; `file_id` is a 400"),
                ollama: .mapped("`file_data` with an image → `images`; all else is a 400")
            ),
            .openAI(
                "input_audio",
                anthropic: .refused("this backend takes no sound"),
                ollama: .refused("this backend takes no sound")
            ),
        ]
    )

    static let openAIPartMember = FieldTable(
        "Members of content parts",
        .openai,
        scope: "messages.content",
        [
            .openAI("type", anthropic: .mapped("see above"), ollama: .mapped("see above")),
            .openAI("text", anthropic: .passed, ollama: .mapped("`content`")),
            .openAI("refusal", anthropic: .mapped("`text`"), ollama: .mapped("`content`")),
            .openAI(
                "image_url",
                anthropic: .mapped("`source`; `detail` is dropped with a warning"),
                ollama: .mapped("`images`; `detail` is dropped with a warning")
            ),
            .openAI("file", anthropic: .mapped("`source` and `title`"), ollama: .mapped("`images`")),
            .openAI(
                "prompt_cache_breakpoint",
                anthropic: .mapped("`cache_control`, the first four (`30m` → `5m`, `12h` → `1h`; warning)"),
                ollama: .dropped(),
                warning: "prompt_cache_breakpoint"
            ),
        ]
    )

    static let openAITool = FieldTable(
        "Tools",
        .openai,
        scope: "tools",
        [
            .openAI(
                "type",
                anthropic: .mapped("`function`; `custom` is a 400"),
                ollama: .mapped("`function`; `custom` is a 400")
            ),
            .openAI("function", anthropic: .mapped("see below"), ollama: .mapped("see below")),
        ]
    )

    static let openAIFunction = FieldTable(
        "Functions",
        .openai,
        scope: "tools.function",
        [
            .openAI("name", anthropic: .passed, ollama: .passed),
            .openAI("description", anthropic: .passed, ollama: .passed),
            .openAI(
                "parameters",
                anthropic: .mapped("`input_schema`, with `\"type\":\"object\"` where it has no type"),
                ollama: .passed
            ),
            .openAI(
                "strict",
                anthropic: .mapped(
                    "`strict`, the schema rewritten as for `response_format`; dropped with a warning where the model "
                        + "gives no structured output"
                ),
                ollama: .passed,
                unless: ["false"]
            ),
        ]
    )
}
