package import Shared

/// What is configured about the choice of a model.
extension Settings {
    package enum RoutingMode: String, Sendable, CaseIterable {
        /// Any model name is a hint.
        case always
        /// Only the names `auto` and `smartroute` are routed.
        case auto
        /// The named model answers.
        case off
    }

    package enum RoutingPreset: String, Sendable, CaseIterable {
        /// The cheapest model of the tier, whatever the work.
        case cost
        /// Creative work, analysis and translation to Claude, hard mathematics, code and reasoning to OpenAI's models, where
        /// both are configured.
        case byTask = "by_task"
    }

    /// Models that are taken before others for some kinds of work.
    package struct Preference: Sendable, Equatable {
        /// Empty: all kinds of work.
        package var tasks: [TaskType]
        /// Empty: all tiers.
        package var tiers: [Tier]
        /// Names of backends, taken whatever their tier is.
        package var models: [String]

        package init(tasks: [TaskType] = [], tiers: [Tier] = [], models: [String]) {
            self.tasks = tasks
            self.tiers = tiers
            self.models = models
        }
    }

    /// The bounds of the router's choice; each may be set for all and for a project of its own.
    package struct RoutingBounds: Sendable, Equatable {
        /// Which requests are routed; nil for what `routing.mode` says.
        package var mode: RoutingMode?
        /// Nothing below is chosen.
        package var minTier: Tier?
        /// Nothing above is chosen.
        package var maxTier: Tier?
        /// No backend is chosen whose estimate for the request is dearer.
        package var maxCost: USD?
        /// The first that fits the request counts.
        package var prefer: [Preference] = []
        /// Names of the backends that may answer; empty for all.
        package var allowedModels: [String] = []

        package init() {}

        /// These bounds where they say something, and the other's where they do not.
        package func over(_ other: RoutingBounds) -> RoutingBounds {
            var merged = self
            merged.mode = mode ?? other.mode
            merged.minTier = minTier ?? other.minTier
            merged.maxTier = maxTier ?? other.maxTier
            merged.maxCost = maxCost ?? other.maxCost
            merged.prefer = prefer + other.prefer
            merged.allowedModels = allowedModels.isEmpty ? other.allowedModels : allowedModels
            return merged
        }
    }

    package struct Routing: Sendable, Equatable {
        package var mode = RoutingMode.always
        package var preset = RoutingPreset.cost
        package var bounds = RoutingBounds()
        /// Easy prompts go to the local tier where it can take them.
        package var isLocalFirst = false
        package init() {}
    }

    package enum ClassifierMode: String, Sendable, CaseIterable {
        /// Patterns and the features of the text; no embedding, no model is asked.
        case ruleBased = "rule_based"
        /// Patterns, then the score with the text's embedding, then a model where both are in doubt.
        case hybrid
        /// A model is asked first.
        case llmBased = "llm_based"
    }

    package struct Classifier: Sendable, Equatable {
        package var mode = ClassifierMode.hybrid
        /// Scores up to this go to the fast tier; nil for the calibrated bound.
        package var tier1Max: Int?
        /// Scores up to this go to the balanced tier, higher ones to the premium tier; nil for the calibrated bound.
        package var tier2Max: Int?
        /// The share of the strong model's quality that the calibrated bounds keep.
        package var qualityTarget = 0.95
        /// A file of labelled prompts, a JSON object a line.
        package var examplesFile: String?
        /// A prompt whose embedding's cosine to an example is at least this takes the example's tier.
        package var exampleThreshold = 0.90
        /// What a prompt means counts, too, where the embedding model is there.
        package var usesEmbedding = true
        /// A model may be asked where the other layers are in doubt.
        package var asksModel = true
        /// The backend that is asked; nil for the first of the fast tier.
        package var model: String?
        /// Whose backend is asked, where `model` is nil.
        package var modelProvider: ProviderKind?
        package var modelTimeoutMilliseconds = 2_000
        package init() {}

        /// The bounds that were set by hand; nil where neither was. One alone takes the other's usual value.
        package var fixedThresholds: (fastMax: Int, balancedMax: Int)? {
            guard tier1Max != nil || tier2Max != nil else { return nil }
            let low = tier1Max ?? min(30, (tier2Max ?? 70) - 1)
            return (low, tier2Max ?? max(70, low + 1))
        }
    }

    /// Scores from elsewhere, and learning from feedback.
    package struct Learned: Sendable, Equatable {
        /// A service that scores prompts; nil for none.
        package var sidecarURL: String?
        /// The weight of its score beside the gateway's own, 0 to 1.
        package var sidecarWeight = 0.7
        /// Its scores above this want the strongest tier.
        package var threshold = 0.5
        package var sidecarTimeoutMilliseconds = 300
        /// The share of routed requests that a second tier answers too, so that both can be compared.
        package var shadowRate = 0.0
        /// Whether feedback moves the bounds between the tiers.
        package var usesFeedback = true
        package init() {}
    }

    /// The model that makes embeddings.
    package struct Embedding: Sendable, Equatable {
        package var isEnabled = true
        /// The directory with the model's files; nil for the usual places.
        package var path: String?
        package var threads = 1
        /// Texts that may wait; beyond them the layer is left out.
        package var queue = 4
        /// No request waits longer for an embedding.
        package var timeoutMilliseconds = 100
        package init() {}
    }

    /// A tenant: whose keys, and what holds for them.
    package struct Project: Sendable, Equatable {
        package var name: String
        package var keys: [Secret]
        package var bounds: RoutingBounds
        /// Keys of which only the hash is known.
        package var hashedKeys: [KeyRecord] = []
        /// Among whom its answers are shared; nil for what `cache.scope` says.
        package var cacheScope: CacheScope?
        package var reduction = ReductionChanges()
        /// For the project's clients together.
        package var limits = Limits()
        /// For the project's clients together.
        package var budget = Budget()

        package init(name: String, keys: [Secret] = [], bounds: RoutingBounds = RoutingBounds()) {
            self.name = name
            self.keys = keys
            self.bounds = bounds
        }
    }
}
