/// The lists themselves. Phrases are separated by commas or lines; contractions are written out.
extension QualityWords {
    static let lists: [(String, Uses)] = [
        ("perhaps possibly might allegedly maybe vielleicht möglicherweise eventuell quizás posiblemente", .hedge),
        (
            """
            the a an of to in and or is are was were be been it its that this these those for with on as at by from not but \
            if you your i we they he she his her their our my can will would could should do does did has have had which who \
            what when where how there here than then so into about up out no more all one also may each other some any only \
            der die das den dem des ein eine einen einer und oder ist sind war nicht mit auf für von zu im in an als auch es \
            ich sie er wir ihr man wird werden kann sich bei nach aus wie dass so wenn nur noch hat haben zum zur vom am \
            le la les un une des du de et ou est sont dans pour par sur avec que qui ne pas ce cette il elle on nous vous se \
            à au aux plus son sa ses el los las una unos y o es son en por para con del al que no se su sus como lo más pero \
            o os um uma e é são em no na nos nas do da dos das que com por para não se mais como ao seu sua il lo gli i una di \
            che e è sono nel della con per non si più come anche del dei al alla da het een de en van is op te dat die niet met \
            och att det som en ett är på för med inte av til og er
            """,
            .common
        ),
        (
            """
            the a an of to and or with for from by in on at into than as because which whose your my our their its his her \
            is are was were be been being has have had will would can could should must very such this these those if when \
            while although unless until und oder der die das mit für von zu ein eine et ou le la les un une de des du avec y \
            el los las una con
            """,
            .leadsOn
        ),
        (
            """
            malheureusement hélas desgraciadamente lamentablemente purtroppo infelizmente helaas désolée sorry unfortunately hmm well honestly actually regrettably apologies sadly oh ah um uh okay ok leider entschuldigung \
            desafortunadamente malheureusement désolé désolée frankly truthfully so and
            """,
            .filler
        ),
        (
            "but however though instead assume assuming still nevertheless nonetheless here that aber jedoch pero mais",
            .turns
        ),
        (
            """
            if when whenever while although though since because unless where once suppose say imagine wenn falls \
            obwohl si cuando aunque quand
            """,
            .conditional
        ),
        (
            """
            harm harmful harming harms illegal illegally dangerous danger weapon weapons explosive explosives malicious malware \
            ransomware phishing unsafe unethical abuse abusive exploit exploitation violence violent suicide suicidal \
            crime crimes criminal unlawful forgery forged theft bomb bombs drugs 988 911 crisis hotline lifeline consent privacy stalking harassment hateful hate discriminatory fraud fraudulent deceive \
            scam minors minor children safety overdose poison kill hurt injure injury lethal threatening surveillance \
            gefährlich gefährliche gefährlichen gefährdet strafbar strafbare straftat verboten rechtswidrig urkundenfälschung \
            gewalt schaden schädlich schädliche selbstmord suizid krise notruf telefonseelsorge waffe waffen sprengstoff \
            betrug missbrauch einwilligung privatsphäre hass gift vergiftung drogen illegale illegalen verletzen verletzung \
            dangereux dangereuse dangereuses illégal illégale illégaux interdit violence arme armes explosif explosifs fraude \
            consentement haine poison nuire nuisible délit contrefaçon drogue drogues danger vie blessure blesser escroquerie \
            peligroso peligrosa peligrosos peligro ilegal ilegales delito violencia suicidio arma armas explosivo explosivos \
            consentimiento odio veneno daño daños dañar dañino droga drogas estafa emergencia privacidad \
            pericoloso pericolosa pericolosi pericolo illegale illegali reato violenza armi esplosivi esplosivo frode truffa \
            consenso odio veleno danno danni nuocere dannoso emergenza \
            perigoso perigosa perigosos perigo ilegais violência suicídio explosivos golpe consentimento ódio dano danos \
            prejudicar prejudicial privacidade emergência gevaarlijk illegaal strafbaar geweld zelfmoord wapen wapens
            """,
            .safety
        ),
    ]

    /// With one of the tasks after it, a refusal of what was asked.
    static let declining = ["i can not", "i am unable to", "i am not able to", "i will not be able to"]
    static let tasks = """
        write translate proofread rewrite rephrase draft compose summarize summarise generate create edit paraphrase assist \
        fulfill comply
        """

    static let phraseLists: [(String, Meaning)] = [
        (
            """
            i can not help you with, i can not help with, i can not help, i can not assist, i can not fulfill, i can not comply
            i am unable to help, i am unable to assist, i am unable to fulfill, i am unable to comply, i am unable to process
            i am not able to help, i am not able to assist, i am not able to fulfill, i must decline, i have to decline
            i will not be able to help, i will not be able to assist, i can not complete this request
            i can not complete that request, i can not process this request, i can not process that request
            i can not answer that, i can not answer this, i am unable to answer, i am not able to answer
            i am not programmed to, i was not trained to, i am not designed to, i am just a language model
            i am only a language model, i am just an ai, i am only an ai, i am just a computer program
            that is beyond my capabilities, this is beyond my capabilities, it is beyond my capabilities
            that is outside my capabilities, this is outside my capabilities, this task is too complex for me
            i do not have the ability to, i do not have the capability to, i lack the ability to
            that is not something i can do, this is not something i can do, that is not something i can help with
            this is not something i can help with, i would not be able to help
            i would/do prefer/rather/choose not, i prefer/choose not to, i would [much] rather/prefer not [to], i am afraid i can not, i can only help with, i can only assist with
            dat kan ik niet, it is not possible for me to, there is no way for me to
            i [will/would/am_going_to/am_afraid_i] have to decline/pass/refrain, i must refrain/pass, i refrain from
            i do not/never discuss/provide/engage/comment/express/take_sides/do_homework, i try to_avoid/to_remain/to_stay
            i do/would not feel/be comfortable, i am not comfortable, i am not in a_position, no comment, i remain neutral
            can/could not help/assist [you] with, unable to help/assist/answer/comply/fulfill/provide/process
            it is/would_be not appropriate/possible/my_place for/to, it would not be appropriate/possible/right for
            i am [just/only] not programmed/designed/trained/built/equipped/meant/intended/able to_help/to/for
            i am unable/not_able to access/browse/open/view/see/visit/watch/listen, this/that/your request/question goes/falls/is beyond/outside
            i do not think i should/can_help, i would not be_able/feel/be_comfortable, my capabilities do not
            i do not offer/give/have opinions/advice/opinions_on, i can not have/hold/form/express/take/give preferences/opinions/an_opinion/a_position/sides
            i am not capable of, i am incapable of, that is outside of what i can, this is outside of what i can
            that is beyond what i can, this is beyond what i can, i can not perform this, i can not perform that, i can not do that, i can not do this
            """,
            .plainRefusal
        ),
        (
            """
            i can not, i am unable to, i am not able to, i will not be able to, i could not, i was unable to, i was not able to
            i will not, i am not allowed/permitted/authorized/authorised/supposed/qualified/licensed to
            i would not be able
            """,
            .refusal
        ),
        (
            """
            i am not sure, i am not certain, i am unsure, i am uncertain, i am not really sure, i am not entirely sure
            i am not completely sure, i am not quite sure, i am not exactly sure, i am not totally sure, i am not confident
            i am not 100% sure, i am not very familiar, i am not familiar, i am not too familiar, i am not aware
            i do not know, i do not really know, i do not actually know, i have no idea, i do not have enough
            i do not have, i do not have any, i do not have access, i do not have information, i do not have knowledge, i do not have the
            i do not have that, i do not have this, i do not have specific, i do not have sufficient, i do not have real
            i do not have a, i do not have much, i do not have details, i do not have up, i do not have data, i do not recall
            i do not remember, i do not think i can, i do not understand the, i do not understand what, i do not understand
            i can not recall, i can not remember, i can not say, i can not tell, i can not determine, i can not be sure
            i can not be certain, i can not confirm, i can not verify, i can not find, i have limited, i have no information
            i have no [personal/real/direct] knowledge/opinion/opinions/preference/preferences/way/access/experience/details/data/clue/answer
            i can not think, i would not know, i am not the best, i am not qualified, i lack the/any/information/knowledge
            your guess is as, beats me, i am drawing a_blank, it is not clear to_me, my knowledge/training [data] does not
            that/this/it is beyond/outside [of] my knowledge/expertise/scope/area, i am not up_to_date/well_versed/knowledgeable
            i do not feel qualified, i can not speak to, i have not heard, i have never heard, i would have to guess, i would only be guessing
            i would need more, it is hard to say, it is difficult to say, it is hard for me to, it is difficult for me to
            it is unclear to me, i could not find, i am having trouble, i do not see how, that is a tough one, not sure
            no idea, i am no expert, i am not an expert, i am not really an expert, i have never seen, i have never used
            i have never read, i have not seen, i have not read, i really do not know, i honestly do not know, i am lost, i am confused
            """,
            .uncertainty
        ),
        (
            """
            i could be wrong, i may be wrong, i might be wrong, i may be mistaken, i might be mistaken, i could be mistaken
            i am just guessing, i am only guessing, i am guessing, this is just a guess, this is only a guess
            this is a guess, that is just a guess, that is only a guess, just a guess, do not quote me
            i am not sure if this, i am not sure whether this, i am not sure this, i am not sure that this
            i am not sure if that, i am not sure that is, this may not be correct, this might not be correct
            this may not be accurate, this might not be accurate, this may be wrong, this might be wrong
            this could be wrong, this may not work, this might not work, not sure if this, not sure this
            i am not sure how to continue, i am not sure what to, i do not know if this, i do not know whether this
            """,
            .selfDoubt
        ),
        (
            """
            as a/an [large/advanced/virtual/text_based] ai/language/chatbot/llm/assistant/bot/model/artificial_intelligence [language/assistant/powered] [model/assistant/chatbot/system/program/tool]
            i am [just/only] a/an [large] ai/language/chatbot/llm/artificial_intelligence [language] [model/assistant/chatbot]
            being a/an [large] ai/language/chatbot/llm, since/because/given/given_that i am a/an [large] ai/language/chatbot/llm
            """,
            .machine
        ),
        (
            """
            i am sorry, i am so sorry, i am very sorry, i am afraid, i apologize, i apologise, i must admit, i have to admit
            to be honest, my apologies, es tut mir leid, tut mir leid, i regret
            i am terribly sorry, that is a great question, that is a good question, great question, good question
            """,
            .apology
        ),
        (
            """
            let me know, feel free, please let me, is there anything else, is there something else, please check, please try
            i hope this helps, hope this helps, hope that helps, i hope that helps, i am here to help, how can i help
            how may i help, can i help, would you like, if you have any other, if you have any, if you need
            if there is anything, if you would like, i would be happy to help, i am happy to help with, please ask
            please rephrase, try asking, i encourage you, you may find, for the most
            is there another/something/anything topic/else, can/could we talk about something, let us talk about something
            please stay safe, how about we talk
            """,
            .offer
        ),
        (
            """
            please/kindly consult/refer/contact/visit/see/ask/seek/speak/reach
            i [would/strongly] recommend/suggest/advise consulting/checking/contacting/asking/speaking/seeking/visiting/talking
            i [would/strongly] recommend/suggest/advise that_you_consult/you_consult/you_check/you_ask/you_speak/you_seek
            i [would/strongly] recommend/advise/encourage you to consult/check/contact/ask/speak/seek/refer
            you should/may/might/could/can [want_to/always/also] consult/check/contact/ask/refer/seek/search/look
            you can/could try searching, try searching, you can look it up, you can find more, for more/accurate/further information
            it is/would_be [always] best/better/advisable/recommended/wise/safest to consult/check/ask/speak/contact/seek/refer
            consider/try consulting/contacting/asking/speaking/checking, check with, check the official/documentation, ask a/an
            consult a/an/your/the/with, contact a/an/your/the, speak to/with a/an/your, talk to a/an/your, maybe someone
            a [qualified/licensed/medical] professional/doctor/lawyer/expert can/could/should/would/will/is
            """,
            .sends
        ),
        (
            """
            could you share, could you paste, could you tell, could you clarify, could you confirm, could you send
            could you provide, could you specify, could you let, could you post, could you please, could you upload
            can you share, can you paste, can you tell, can you clarify, can you confirm, can you send, can you provide
            can you specify, can you post, please share, please paste, please send, please provide, please attach
            please tell, please upload, would you share, would you tell, kannst du, können sie, könntest du, könnten sie
            paste, share, send, tell me
            """,
            .asks
        ),
        (
            """
            which, what, do you, are you, is it, is this, does, did you, should, how many, how much, welche, welcher, welches, soll
            quelle, quel, cuál, qué
            """,
            .wonders
        ),
        (
            """
            more context, more information, more details, more detail, further details, further information
            additional information, additional context, additional details, be more specific, rephrase your question
            rephrase the question, clarify your question, what you mean, what do you mean, what you are asking
            mehr informationen, mehr kontext, more specific, provide more, clarify what you
            """,
            .vague
        ),
    ]
}
