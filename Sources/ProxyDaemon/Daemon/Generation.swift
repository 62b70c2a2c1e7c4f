import GatewayCore
import GatewayIO

/// What one reading of the configuration makes: a gateway, and what serves it. Requests keep the generation that they began
/// with; the next one goes on with its memory.
struct Generation: Sendable {
    let config: LoadedConfig
    let gateway: Gateway
    let assembly: ClassifierAssembly
    let workflows: WorkflowDesk
    let terms: ServerTerms
    /// What a person should know.
    let warnings: [String]

    /// Everything that may fail comes before the gateway is made, as that takes over the former one's counts.
    ///
    /// Throws what is wrong with a setting or with a file that one names.
    init(_ config: LoadedConfig, _ parts: LongLived, readiness: Readiness, after former: Generation? = nil) async throws
    {
        self.config = config
        var settings = config.settings
        let tls = try ServerTLS(settings.server)
        let catalogue = try CatalogueFile.effective(overlay: settings.catalogueFile)
        let skills = try SkillFiles.library(
            settings.skills,
            configPath: config.path,
            environment: parts.environment
        )
        let boilerplate = try BoilerplateFile.effective(adding: settings.reduction.boilerplateFile)
        try await parts.simulator.serve(&settings)
        assembly = try ClassifierAssembly(
            settings: settings,
            catalogue: catalogue,
            embedder: parts.embedder,
            embeddings: parts.embeddings,
            transport: parts.client.transport,
            clock: parts.clock,
            environment: parts.environment,
            after: former?.assembly
        )
        let gateway = Gateway(
            settings: settings,
            catalogue: catalogue,
            classifier: assembly.classifier,
            learning: assembly.learning,
            caching: parts.caches.parts,
            skills: skills,
            outcomes: parts.keeper.outcomes,
            exchanges: parts.keeper.exchanges,
            boilerplate: boilerplate,
            ring: parts.keys.ring,
            sharedLimits: parts.sharedLimits,
            transport: parts.client.transport,
            clock: parts.clock,
            after: former?.gateway
        )
        self.gateway = gateway
        warnings = config.warnings + assembly.warnings + parts.warnings
        gateway.ledger.warnOfConfiguration(warnings + gateway.configurationWarnings)
        workflows = WorkflowDesk(
            gateway: gateway,
            library: WorkflowLibrary(
                directory: WorkflowLibrary.directory(
                    configured: settings.workflows.path,
                    configPath: config.path,
                    environment: parts.environment
                ),
                maxOps: settings.workflows.maxOps
            )
        )
        terms = ServerTerms(
            settings: settings.server,
            responder: Application(
                gateway: gateway,
                catalogue: catalogue,
                workflows: workflows,
                outcomes: parts.keeper.outcomes,
                exchanges: parts.keeper.exchanges,
                keys: parts.keys.file,
                feed: parts.webFeed,
                readiness: readiness,
                figures: { parts.figures }
            ),
            tls: tls
        )
    }
}
