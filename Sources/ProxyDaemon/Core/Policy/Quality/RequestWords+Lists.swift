/// The words by which requests are told apart.
extension RequestWords {
    static let makes: Set<String> = [
        "write", "draft", "compose", "create", "generate", "make", "give", "tell", "finish", "continue", "continues",
        "need", "invent", "help",
        "prepare", "produce", "reply", "respond", "suggest", "schreibe", "schreib", "escribe", "écris", "rédige",
        "erzähle",
        "word", "decline", "cuéntame", "verfasse", "set",
    ]
    static let fiction: Set<String> = [
        "story", "poem", "dialogue", "scene", "lyrics", "novel", "haiku", "screenplay", "song", "limerick", "tale",
        "sonnet",
        "fairytale", "fable", "monologue", "chapter", "ballad", "verse", "fiction", "villanelle", "play", "character",
        "gedicht",
        "geschichte", "cuento", "poema", "histoire", "poème", "conversation", "rap", "diary", "journal", "myth",
        "legend", "sketch",
        "interview", "lullaby", "rhyme", "rhymes", "hymn", "thriller", "mystery",
    ]
    static let messages: Set<String> = [
        "email", "e-mail", "letter", "message", "reply", "template", "text", "note", "apology", "tweet", "speech",
        "post",
        "memo", "announcement", "response", "mail", "slack", "sms", "toast", "eulogy", "review", "invitation", "rsvp",
        "brief", "statement",
        "nachricht", "correo", "carta", "lettre", "script", "essay", "paragraph", "bio", "caption", "excuse", "refusal",
        "testimonial",
    ]
    static let possibilities: Set<String> = [
        "might", "possible", "possibly", "possibilities", "possibility", "speculate", "speculation", "hypotheses",
        "hypothesis",
        "hypothetical", "scenarios", "scenario", "predict", "prediction", "predictions", "risk", "risks", "likely",
        "alleged",
        "allegedly", "allegations", "brainstorm", "rumors", "rumours", "theories", "theory", "perhaps", "maybe",
        "forecast", "future", "legal",
        "lawsuit", "uncertain", "interpretations", "interpretation", "guess", "conspiracy", "clause", "liability",
        "differential",
    ]
    static let closedOpenings: Set<String> = [
        "is", "are", "was", "were", "do", "does", "did", "can", "could", "has", "have", "had", "will", "would",
        "should", "am",
        "who", "when", "where", "which", "whose", "whats", "hi", "hello", "hey", "thanks", "thank", "ok", "okay", "ist",
        "sind",
        "wer", "wann", "wo", "name", "list", "pick", "choose", "convert", "calculate", "compute", "solve", "count",
        "quién",
        "cuándo", "cuál", "quel", "quelle", "welche", "welcher", "wie",
    ]
    static let openWords: Set<String> = [
        "explain", "describe", "compare", "contrast", "discuss", "analyze", "analyse", "elaborate", "why", "essay",
        "outline", "design",
        "evaluate", "summarize", "summarise", "advice", "guide", "tutorial", "plan", "strategy", "review", "critique",
        "debug",
        "prove", "derive", "erklär", "beschreibe", "describe", "explícame",
    ]
    static let codeVerbs: Set<String> = [
        "write", "give", "show", "create", "implement", "generate", "provide", "make", "code", "build", "develop",
        "refactor", "fix",
        "convert", "port", "rewrite", "need", "want", "translate", "add", "complete", "optimize", "schreibe", "schreib",
        "escribe",
        "écris", "craft", "produce", "send", "program",
    ]
    static let codeNouns: Set<String> = [
        "function", "code", "regex", "regexp", "snippet", "one-liner", "dockerfile", "makefile", "stylesheet",
        "decorator",
        "subroutine", "dataclass", "middleware", "funktion", "función", "fonction", "bash", "sql", "css", "html",
        "unittest",
        "usestate", "docker-compose", "playbook", "crontab",
    ]
    static let softCodeNouns: Set<String> = [
        "script", "program", "class", "method", "query", "command", "component", "test", "tests", "macro", "endpoint",
        "hook", "struct",
        "loop", "parser", "migration", "algorithm", "trigger", "procedure", "iterator", "module", "example",
        "implementation",
        "generator", "handler", "server", "client", "cli", "skript", "programm", "enum", "interface", "expression",
        "formula",
    ]
    static let languages: Set<String> = [
        "python", "javascript", "typescript", "swift", "rust", "golang", "go", "java", "c++", "c#", "c", "kotlin",
        "ruby", "php", "perl",
        "haskell", "scala", "sql", "bash", "shell", "powershell", "html", "css", "react", "vue", "node", "postgres",
        "mysql",
        "terraform", "ansible", "lua", "elixir", "zsh", "awk", "sed", "pytest", "jest", "django", "flask", "excel",
        "vba", "latex",
        "matlab", "julia", "ocaml", "clojure", "dart", "fortran", "assembly", "numpy", "pandas",
    ]
    static let technical: Set<String> = [
        "array", "string", "strings", "integer", "integers", "api", "json", "csv", "file", "files", "list", "regex",
        "database", "table",
        "linked", "binary", "tree", "stack", "queue", "hash", "sort", "sorts", "sorting", "recursive", "code", "cache",
        "thread", "http",
    ]
}
