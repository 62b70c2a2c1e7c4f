/// Words that may stand for each other in a prompt without changing what is asked. Lists of the project's own
/// making.
enum LexiconSynonyms {
    /// Groups are parted by bars and line ends, words by spaces.
    static let groups: StaticString = """
        buy purchase|fix repair resolve mend|begin start commence initiate|end finish conclude|remove delete erase
        choose select pick|change modify alter|picture image|photo photograph|big large|little small tiny
        quick fast rapid speedy|quicker faster|quickest fastest|simpler easier
        simplest easiest|hard difficult tough|issue problem trouble|employee staffer|car automobile|movie film
        apartment flat|doctor physician|lawyer attorney|child kids|children kids|mother mom mum|father dad
        phone telephone|smartphone cellphone|email mail|website site webpage|program programme|info information
        docs documentation|repo repository|dir directory folder|config configuration configure|env environment
        param parameter|arg argument|func function|var variable|auth authentication|admin administrator
        perf performance|spec specification|async asynchronous|sync synchronize synchronise|js javascript
        ts typescript|py python|k8s kubernetes|postgres postgresql
        summary summarize summarise summarisation summarization|recap summarize|explanation explain
        difference differ distinction|difference different|similarity similar|example sample|benefit advantage
        pros advantages|cons disadvantages|drawback disadvantage downside|effect impact|method approach technique
        procedure process|step stage|display show|use utilize utilise usage|allow permit|forbid prohibit ban
        verify check|increase raise boost|decrease reduce lower|maximum max|minimum min|approximately roughly
        approximate estimate|calculate compute calculation computation|evaluate assess assessment evaluation
        convert transform conversion transformation|translate translation|combine merge join|divide split
        separate split|send transmit|deliver delivery|pay payment|ship shipment shipping
        refund reimburse reimbursement|cancel cancellation|install installation|uninstall uninstallation
        subscribe subscription|approve approval|renew renewal|arrive arrival|depart departure|withdraw withdrawal
        invest investment investing|cheap inexpensive affordable|expensive costly pricey|rich wealthy
        smart clever intelligent|happy glad|sad unhappy|angry mad|beautiful pretty|primary main principal
        correct right accurate|wrong incorrect|secure safe|dangerous risky|illness disease|medicine medication drug
        dose dosage|vacation holiday|trip journey|hotel lodging|airplane aeroplane plane aircraft|sidewalk pavement
        truck lorry|customer client|company firm business corporation|company organisation|boss manager
        coworker colleague|hire recruit|salary wage|university college|student pupil|teacher instructor|exam test
        learning learn|teach instruct|understand comprehend|ask inquire|write compose draft|implement implementation
        deploy deployment|execute run|shut close|quit exit|retry reattempt|recover retrieve|regain recover
        forgot forget forgotten|lost lose|misplace lose|stolen steal|broken break|slow sluggish|update refresh
        rewrite reword rephrase paraphrase|shorten condense|optimize optimise optimization optimisation
        accelerate hasten|debug troubleshoot|iterate loop|dictionary dict|integer int|boolean bool|string str
        regex regexp|terminal console|command cmd|password passcode|notification alert|message msg
        advertisement ad advert|lengthy long|brief short concise|whole entire|complete full|empty blank
        invent devise|locate find|search lookup|city town|nation country|earth globe|ocean sea|forest woods
        stone rock|road street|house home|garbage trash rubbish|revenue income|loan lending|contract agreement
        law legislation|legal lawful|illegal unlawful|permitted allowed|mandatory required compulsory obligatory
        optional voluntary|annual yearly|bicycle bike|cellphone mobile|tv television|fridge refrigerator
        laptop notebook|pc computer|monitor screen|internet web|author writer|kid youngster|baby infant|cat kitty
        dog puppy|bake baking|meal dish|color colour|center centre|favorite favourite|theater theatre|meter metre
        liter litre|gray grey|analyze analyse analysis|organization organisation|license licence|defense defence
        tire tyre|cosy cozy|aluminium aluminum|accomplish achieve|perform conduct|occur happen|seem appear
        stay remain|keep retain|among amongst|extract extraction|compare comparison|contain include|speak talk
        suggest recommend recommendation suggestion|tip advice|tips advice|idea concept|overview outline
        improve enhance|create generate produce build make|sick ill|zip postcode|obtain acquire
        register registration|rebuild recreate|purpose goal objective|assist aid|mobile smartphone cellphone
        explain explanation|spreadsheet worksheet|restaurant eatery|crucial essential vital|steal theft|stop halt
        damaged broken|profession occupation job career|attorney lawyer|infant baby|gadget device|outdated obsolete
        typical usual|worldwide globally|reply answer respond|remain stay|tidy clean|evaluate appraise|trigger cause
        """

    /// Forms that no rule of spelling leads back to their word: the word, then its forms.
    static let forms: StaticString = """
        be:been being|go:went gone goes|buy:bought|sell:sold|write:wrote written writing|win:won|lose:lost|make:made making
        take:took taken|give:gave given|find:found|send:sent|pay:paid|say:said|think:thought|bring:brought|catch:caught
        teach:taught|begin:began begun|break:broke broken|choose:chose chosen|drive:drove driven|eat:ate eaten
        fall:fell fallen|fly:flew flown|forget:forgot forgotten|freeze:froze frozen|grow:grew grown|hide:hid hidden
        keep:kept|know:knew known|lead:led|leave:left|lend:lent|mean:meant|meet:met|ride:rode ridden|rise:rose risen
        run:ran running|see:saw seen|shake:shook|speak:spoke spoken|spend:spent|steal:stole stolen|swim:swam swum
        throw:threw thrown|understand:understood|wake:woke woken|wear:wore worn|build:built|burn:burnt|draw:drew drawn
        drink:drank drunk|feel:felt|fight:fought|hear:heard|hold:held|learn:learnt|sing:sang sung|sit:sat|sleep:slept
        stand:stood|stick:stuck|tear:tore torn|tell:told|blow:blew blown|bite:bit bitten|man:men|woman:women|child:children
        foot:feet|tooth:teeth|mouse:mice|person:people persons|life:lives|knife:knives|wife:wives|leaf:leaves|half:halves
        index:indices indexes|matrix:matrices|vertex:vertices|criterion:criteria|datum:data|analysis:analyses
        crisis:crises|basis:bases|axis:axes|bacterium:bacteria|nucleus:nuclei|tax:taxes taxed|bus:buses|die:dying dies died
        lie:lying|tie:tying|dictionary:dict dicts|use:used using uses|come:came coming comes|lay:laid|set:sets setting
        """
}
