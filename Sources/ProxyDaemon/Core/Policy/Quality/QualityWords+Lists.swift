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
            sorry unfortunately hmm well honestly actually regrettably apologies sadly oh ah um uh okay ok leider entschuldigung \
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
            crisis hotline lifeline consent privacy stalking harassment hateful hate discriminatory fraud fraudulent deceive \
            scam minors minor children safety overdose poison kill hurt injure injury lethal threatening surveillance
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
            i would prefer not to answer, i am afraid i can not, i can only help with, i can only assist with
            ich kann dir dabei nicht helfen, ich kann ihnen dabei nicht helfen, ich kann dabei nicht helfen
            dabei kann ich nicht helfen, dabei kann ich dir nicht helfen, dabei kann ich ihnen leider nicht helfen
            ich kann ihnen leider nicht helfen, ich kann dir leider nicht helfen, ich kann diese frage nicht beantworten
            diese frage kann ich nicht beantworten, diese frage kann ich leider nicht beantworten
            no puedo ayudarte con, no puedo ayudar con, no puedo responder, je ne peux pas vous aider
            je ne peux pas répondre, je ne peux pas t'aider, je ne suis pas en mesure de, non posso aiutarti
            não posso ajudar, dat kan ik niet, it is not possible for me to, there is no way for me to
            i am not capable of, i am incapable of, that is outside of what i can, this is outside of what i can
            that is beyond what i can, this is beyond what i can, i can not perform this, i can not perform that, i can not do that, i can not do this
            """,
            .plainRefusal
        ),
        (
            """
            i can not, i am unable to, i am not able to, i will not be able to, i could not, i was unable to, i was not able to
            i will not, ich kann nicht, ich kann leider nicht, no puedo, je ne peux pas
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
            i have no knowledge, i have not heard, i have never heard, i would have to guess, i would only be guessing
            i would need more, it is hard to say, it is difficult to say, it is hard for me to, it is difficult for me to
            it is unclear to me, i could not find, i am having trouble, i do not see how, that is a tough one, not sure
            no idea, i am no expert, i am not an expert, i am not really an expert, i have never seen, i have never used
            i have never read, i have not seen, i have not read, i really do not know, i honestly do not know, i am lost, i am confused
            ich bin mir nicht sicher, ich bin nicht sicher, ich weiß es nicht, ich weiß nicht, das weiß ich nicht
            das weiß ich leider nicht, keine ahnung, dazu habe ich keine informationen, dazu liegen mir keine
            no estoy seguro, no estoy segura, no lo sé, no sé, no tengo información, je ne suis pas sûr, je ne sais pas
            je ne suis pas certain, je n'ai pas, non sono sicuro, non lo so, não tenho certeza, não sei
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
            as an ai, as a language model, as a large language model, as an artificial intelligence, as an assistant
            als ki, als sprachmodell, als ki sprachmodell, como modelo de lenguaje, como una ia
            en tant que modèle de langage, en tant que ia, as a virtual assistant, as an llm, as a text based ai
            """,
            .machine
        ),
        (
            """
            i am sorry, i am so sorry, i am very sorry, i am afraid, i apologize, i apologise, i must admit, i have to admit
            to be honest, my apologies, es tut mir leid, tut mir leid, lo siento, je suis désolé, mi dispiace, i regret
            i am terribly sorry, that is a great question, that is a good question, great question, good question
            """,
            .apology
        ),
        (
            """
            let me know, feel free, please let me, is there anything else, is there something else, please consult
            i recommend consulting, i recommend checking, i suggest consulting, i suggest checking, you should consult
            you should check, you may want to check, you may want to consult, you might want to check
            you might want to consult, i would recommend checking, i would recommend consulting, i would suggest checking
            i would suggest consulting, please check, please refer, please try, you can try searching, you could try searching
            try searching, you may find, i hope this helps, hope this helps, hope that helps, i hope that helps
            for more information, for accurate information, for the most, it is best to consult, it is best to check
            it would be best to, consider consulting, i am here to help, how can i help, how may i help, can i help
            would you like, if you have any other, if you have any, if you need, if there is anything, if you would like
            you can look it up, you can search, you can find more, you could look, i would be happy to help
            i am happy to help with, please ask, please rephrase, try asking, i encourage you
            check the official, check the documentation, check with, ask a, maybe someone
            """,
            .offer
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
