/// Pairs of words of which one may not stand for the other, by field. Each word stands for its synonyms and its forms too.
/// Lists of the project's own making.
enum LexiconOpposites {
    /// Pairs `one/other`; `one/other/third` opposes each to each.
    static let pairs: [StaticString] = [
        // Quantity and degree.
        """
        increase/decrease increase/fall decrease/rise rise/fall raise/fall grow/shrink expand/contract expand/collapse
        expand/shorten maximum/minimum maximize/minimize maximise/minimise more/less more/fewer most/least most/fewest
        larger/smaller bigger/smaller large/small largest/smallest biggest/smallest greater/less greater/smaller
        high/low higher/lower highest/lowest long/short longer/shorter longest/shortest wide/narrow wider/narrower
        thick/thin thicker/thinner heavy/light heavier/lighter deep/shallow many/few majority/minority plenty/scarce
        surplus/deficit surplus/shortage excess/shortage multiple/single single/double/triple whole/part total/partial
        full/empty full/partial full/half all/none all/some some/none every/no everyone/nobody everybody/nobody
        everything/nothing always/never always/sometimes often/rarely frequently/rarely usually/rarely frequent/rare
        common/rare abundant/scarce upper/lower major/minor macro/micro finite/infinite limited/unlimited above/below
         over/under exactly/approximately exact/approximate absolute/relative add/subtract plus/minus
        multiply/divide sum/difference sum/product numerator/denominator odd/even positive/negative prime/composite
        integer/float rational/irrational convex/concave ascending/descending asc/desc
        """,
        // Direction, place and order.
        """
        up/down upward/downward upwards/downwards upstream/downstream upstairs/downstairs left/right leftmost/rightmost
        top/bottom front/back forward/backward forwards/backwards ahead/behind inside/outside into/out in/out inner/outer
        internal/external interior/exterior indoor/outdoor indoors/outdoors inward/outward inbound/outbound
        incoming/outgoing input/output import/export upload/download push/pull push/pop enqueue/dequeue send/receive
        sender/receiver sender/recipient enter/leave enter/exit entry/exit entrance/exit arrive/depart
        arrive/leave come/go to/from north/south/east/west northern/southern/eastern/western horizontal/vertical
        horizontally/vertically row/column rows/columns width/height latitude/longitude clockwise/counterclockwise
        clockwise/anticlockwise near/far nearest/farthest closest/farthest closest/furthest local/remote
        local/global domestic/international domestic/foreign national/international onshore/offshore
        first/last next/previous next/last prefix/suffix before/after preceding/following head/tail
        parent/child ancestor/descendant predecessor/successor root/leaf source/target source/destination
        origin/destination leading/trailing departure/arrival rise/set sunrise/sunset sunny/cloudy uphill/downhill
        """,
        // Time.
        """
        early/late earlier/later earliest/latest earliest/last past/future before/during during/after before/until since/until
        within/after within/outside during/outside today/tomorrow/yesterday day/night daytime/nighttime
        morning/afternoon/evening/night dawn/dusk noon/midnight am/pm weekday/weekend start/end begin/end
        started/ended starting/ending start/stop start/pause resume/pause opening/closing open/close opened/closed
        temporary/permanent old/new older/newer oldest/newest older/younger oldest/youngest old/young
        ancient/modern current/previous current/former current/past previous/upcoming present/past deadline/start
        continue/stop continue/pause keep/quit keep/cancel keep/remove synchronous/asynchronous sync/async once/twice
        """,
        // States and qualities.
        """
        on/off enable/disable enabled/disabled active/inactive activate/deactivate activate/cancel true/false yes/no
        alive/dead living/dead awake/asleep present/absent present/missing open/closed locked/unlocked hot/cold
        hotter/colder warm/cool warmer/cooler hottest/coldest freeze/melt boil/freeze boiling/freezing boiling/melting heat/cool
        heating/cooling wet/dry hard/soft hard/easy harder/easier hardest/easiest fast/slow faster/slower fastest/slowest
        strong/weak stronger/weaker strength/weakness strengths/weaknesses good/bad better/worse best/worst
        well/badly clean/dirty loud/quiet bright/dark brighter/darker sweet/sour safe/dangerous safer/riskier
        healthy/sick healthy/harmful harmful/harmless right/wrong success/failure succeed/fail pass/fail passed/failed
        win/lose winner/loser winning/losing victory/defeat ally/enemy friend/enemy love/hate like/dislike
        agree/disagree happy/sad optimistic/pessimistic optimist/pessimist polite/rude brave/afraid
        beautiful/ugly rich/poor wealth/poverty simple/complex simplify/complicate static/dynamic mutable/immutable
        fixed/variable fixed/floating constant/variable manual/automatic manually/automatically natural/artificial
        real/fake real/imaginary real/virtual physical/virtual physical/digital online/offline analog/digital abstract/concrete
        formal/informal formally/informally formal/casual explicit/implicit direct/indirect active/passive
        subjective/objective qualitative/quantitative inductive/deductive theoretical/practical symmetric/asymmetric
        serial/parallel sequential/parallel series/parallel lossy/lossless stateful/stateless smooth/rough
        similarity/difference same/different equal/different equal/unequal advantage/disadvantage pros/cons
        benefit/drawback benefit/risk benefit/harm benefit/cost strengths/limitations synonym/antonym
        question/answer problem/solution cause/effect cause/prevent cause/cure cause/symptom symptom/treatment
        singular/plural masculine/feminine vowel/consonant noun/verb/adjective/adverb
        uppercase/lowercase bold/italic original/copy fresh/stale raw/cooked alkaline/acidic acid/base
        """,
        // Actions and their undoing.
        """
        open/close lock/unlock add/remove add/delete add/drop append/prepend create/delete create/remove create/destroy
        build/destroy insert/delete insert/remove install/uninstall install/remove mount/unmount attach/detach
        connect/disconnect join/leave join/split merge/split combine/separate bind/unbind wrap/unwrap pack/unpack zip/unzip
        compress/decompress compress/extract compress/expand encode/decode encrypt/decrypt serialize/deserialize
        marshal/unmarshal compile/decompile assemble/disassemble escape/unescape hide/show mute/unmute follow/unfollow
        subscribe/unsubscribe subscribe/cancel register/unregister login/logout checkin/checkout
        load/unload load/save load/store read/write lend/borrow lender/borrower rent/buy rent/own lease/buy lease/own
        sell/rent buy/sell buyer/seller buying/selling give/take give/receive gain/lose find/lose save/spend save/delete
        save/discard earn/spend hire/fire employ/dismiss promote/demote upgrade/downgrade update/rollback commit/rollback
        deploy/rollback undo/redo do/undo launch/quit run/stop boot/shutdown wake/sleep speed/slow accelerate/decelerate
        accelerate/brake lift/lower inflate/deflate attack/defend defend/prosecute help/hinder support/oppose
        for/against with/without include/exclude including/excluding included/excluded included/extra accept/decline
        accept/reject accept/refuse approve/reject approve/decline approve/deny confirm/cancel confirm/deny admit/deny allow/deny
        allow/block allow/forbid allow/prevent block/unblock permit/forbid grant/revoke grant/deny whitelist/blacklist
        allowlist/denylist allowlist/blocklist trust/distrust praise/criticize praise/blame reward/punish
        encourage/discourage teach/learn ask/answer remember/forget laugh/cry push/hold wear/remove fill/empty
        plant/harvest inhale/exhale swallow/spit lead/follow appear/disappear arrive/cancel book/cancel renew/cancel schedule/cancel
        reserve/cancel order/return order/cancel submit/withdraw enroll/withdraw freeze/unfreeze
        publish/unpublish archive/delete archive/restore backup/restore dump/restore stage/unstage link/unlink
        sharpen/blur zoom/pan eat/avoid use/avoid keep/discard keep/change reset/keep prove/disprove verify/falsify cut/paste copy/paste
        copy/move copy/cut
        """,
        // Money.
        """
        deposit/withdraw debit/credit asset/liability income/expense income/loss revenue/expense revenue/cost profit/loss
        profit/revenue gain/loss hedge/speculate hedge/profit bull/bear bullish/bearish call/put long/short gross/net
        gross/operating principal/interest simple/compound nominal/real nominal/effective fixed/adjustable buy/hold sell/hold
        bid/ask ask/offer stock/bond equity/debt debt/income savings/checking saving/checking savings/current margin/cash
        cash/card cash/credit credit/savings prepaid/postpaid paid/unpaid paid/free free/premium basic/premium free/pro
        refund/charge refund/payment refund/exchange charge/discount discount/surcharge premium/deductible insurer/insured
        lender/debtor creditor/debtor payer/payee payable/receivable landlord/tenant exempt/taxable
        inflation/deflation inflation/recession recession/expansion appreciate/depreciate appreciation/depreciation
        surplus/deficit vested/unvested realized/unrealized realised/unrealised traditional/roth inherited/gifted
         growth/value growth/income active/index domestic/wire limit/market stop/limit
        primary/secondary wholesale/retail overdraft/deposit joint/individual joint/sole
        individual/business personal/business personal/corporate personal/commercial residential/commercial
        employer/employee employee/contractor salaried/hourly full/part
        monthly/annual spend/invest debit/prepaid virtual/physical
        """,
        // Programs and networks.
        """
        client/server frontend/backend public/private private/protected public/protected
        public/internal ipv4/ipv6 tcp/udp http/https ftp/sftp get/post get/set getter/setter post/put read/execute stdin/stdout
        stdout/stderr stdin/stderr request/response producer/consumer publisher/subscriber caller/callee
        host/guest master/replica primary/replica leader/follower staging/production development/production test/production
        debug/release debug/production development/staging alpha/beta unit/integration horizontal/vertical encoder/decoder
        compiler/interpreter compiled/interpreted stack/queue stack/heap push/fetch pull/fetch merge/rebase
        merge/squash commit/revert branch/tag header/body header/footer request/reply signed/unsigned signed/anonymous
        shallow/deep inner/outer left/inner union/intersection sparse/dense row/document relational/document eager/lazy
        blocking/nonblocking weak/strong pessimistic/optimistic supervised/unsupervised training/inference train/test
        precision/recall overfitting/underfitting throughput/latency bandwidth/latency authentication/authorization
        authenticate/authorize encrypt/hash mutable/constant pointer/reference class/interface class/instance
        method/property list/set while/until major/patch stable/experimental stable/beta
        """,
        // People, body and medicine.
        """
        man/woman male/female boy/girl boyfriend/girlfriend husband/wife father/mother son/daughter brother/sister
        uncle/aunt nephew/niece grandfather/grandmother king/queen prince/princess actor/actress bride/groom he/she
        his/her him/her mr/mrs sir/madam parent/child adult/child adults/children adult/minor teacher/student
        doctor/patient nurse/doctor buyer/vendor vendor/customer customer/merchant customer/seller driver/passenger
        plaintiff/defendant victim/perpetrator attacker/victim writer/reader speaker/listener
        host/visitor expert/beginner/child expert/novice beginner/advanced junior/senior single/married widowed/divorced
        married/divorced pregnant/breastfeeding birth/death born/died born/dead systolic/diastolic artery/vein
        hyperglycemia/hypoglycemia insulin/glucagon bacteria/virus bacterial/viral acute/chronic benign/malignant
        innate/adaptive oral/topical oral/intravenous inhale/inject inpatient/outpatient generic/brand overweight/underweight obese/underweight
         symptomatic/asymptomatic vaccinated/unvaccinated diet/exercise carnivore/herbivore
        vegan/vegetarian predator/prey mammal/reptile
        """,
        // Law and civil life.
        """
        legal/illegal lawful/illegal guilty/innocent convicted/acquitted civil/criminal arrest/release plaintiff/attorney
        federal/state federal/local urban/rural war/peace victory/loss offense/defense democrat/republican liberal/conservative
         import/domestic immigrate/emigrate immigration/emigration immigrant/emigrant citizen/foreigner
        mandatory/optional eligible/ineligible included/separate covered/excluded refundable/final verified/unverified
        anonymous/identified remote/onsite remote/office hybrid/remote
        quality/quantity theory/practice fact/opinion fact/myth fiction/nonfiction literal/figurative tragedy/comedy
        prose/poetry wired/wireless renewable/fossil organic/inorganic organic/conventional export/consume supply/demand
        producer/customer kinetic/potential speed/acceleration speed/velocity heat/temperature weight/volume area/perimeter
        area/volume radius/diameter proton/electron/neutron cation/anion anode/cathode conductor/insulator
        reflection/refraction convergent/divergent endothermic/exothermic mitosis/meiosis dna/rna solute/solvent
        """,
    ]

    /// Beginnings that turn a word into its opposite.
    static let turning: [StaticString] = [
        "un", "in", "im", "il", "ir", "dis", "non", "de", "mis", "anti", "a", "counter",
    ]

    /// Beginnings that oppose each other before the same rest.
    static let facing: [(StaticString, StaticString)] = [
        ("hyper", "hypo"), ("over", "under"), ("up", "down"), ("in", "ex"), ("in", "out"), ("im", "ex"),
        ("pre", "post"),
        ("micro", "macro"), ("inter", "intra"), ("intro", "extra"), ("pro", "anti"), ("mono", "poly"), ("uni", "multi"),
        ("sub", "super"), ("fore", "hind"), ("after", "before"), ("en", "de"), ("en", "dis"),
        ("homo", "hetero"), ("endo", "exo"), ("on", "off"), ("front", "back"),
        ("bi", "tri"), ("de", "re"), ("dis", "re"),
        ("milli", "kilo"), ("kilo", "mega"), ("mega", "giga"), ("milli", "micro"), ("micro", "nano"), ("giga", "tera"),
    ]

    /// Endings that oppose each other after the same rest.
    static let endings: [(StaticString, StaticString)] = [
        ("less", "ful"), ("er", "ee"), ("or", "ee"), ("er", "est"), ("proof", "prone"), ("phile", "phobe"),
        ("less", ""),
    ]
}
