/// Words that hold a sentence together, by what a rule needs to know of them. Lists of the project's own making.
enum LexiconFunctionWords {
    /// Not compared unless a rule names them.
    static let english: StaticString = """
        a an the this that these those it its there here such same
        i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself they
        them their theirs themselves someone somebody anyone anybody one
        am is are was were be been being do does did doing done have has had having get gets got getting gotten
        can could may might shall should will would must ought need needs needed want wants wanted wish like able allowed
        possible going gonna let lets
        to from of in on at by for with into onto off out up down over under about as via through during before after
        since until till between among against around across along near per than within toward towards upon inside
        outside above below behind beside besides beyond
        and or but nor if then else so because though although while whereas whether either
        who whom whose which what when where why how
        please kindly ok okay well yes no not
        really very quite just also too simply actually basically exactly perhaps maybe possibly again ever still already
        yet even rather pretty
        tell give show help explain describe know say clarify teach
        self some any all every each several few many much lot lots more most less least both another other only
        way ways thing things kind kinds sort type types question wonder wondering
        etc eg ie vs versus
        """

    static let negations: StaticString = """
        not no never without none neither nor nothing nobody nowhere hardly barely scarcely except excluding exclude
        unless avoid avoids avoiding avoided stop stops stopping stopped fail fails failing failed failure unable lack
        lacks lacking refuse refuses refused quit cease prevent prevents preventing non forbid forbids impossible
        """

    /// Give their neighbours roles that must not be exchanged.
    static let relations: StaticString = """
        to from than into onto before after by instead over under vs versus against between toward towards cc for and or
        via through above below behind inside outside out until since because if
        """

    /// Open a phrase that may stand first or last in its sentence.
    static let prepositions: StaticString = """
        to from of in on at by for with into onto via through during before after since until till between among against
        around across per than within without toward towards about using if when while as inside outside under over
        """

    /// Can open a question to be answered with yes or no.
    static let auxiliaries: StaticString = """
        am is are was were do does did have has had can could may might shall should will would must ought need
        """

    /// May not be overlooked where only one text has them.
    static let weighty: StaticString = "only instead solely exclusively self"

    /// Courtesies and articles of the other languages, and the words that tell a language. Several languages may share
    /// one. Those that English has too tell nothing and are left out.
    static let byLanguage: [(WordingLanguage, StaticString)] = [
        (
            .english,
            """
            the and of to is are what how do does did i my you your can with for from that this it have not be was when
            where why who which should would there if or on at by about me please
            """
        ),
        (
            .german,
            """
            der das den dem des ein eine einen einem einer und oder ist sind wie wo wer warum wann welche welcher welches
            ich mein meine meinen meinem du dein deine wir sie er es nicht kein keine mit von zu zum zur im am auf fur aus
            bei nach uber kann konnen soll muss wird werden hat haben bitte mir mich wenn dass auch noch nur ins vom
            """
        ),
        (
            .french,
            """
            le les des un une et ou est sont comment pourquoi quand quel quelle quels quelles qui que je mon ma mes tu ton
            ta tes nous vous il elle ils ne pas avec de du au aux dans sur pour par sans puis peux peut dois faire ce
            cette ces mais plus
            """
        ),
        (
            .spanish,
            """
            el los las un una y es son como por que cuando donde quien cual cuales yo mi mis tu tus nosotros no con del
            al en para sin puedo puede debo hacer esta este estos se lo le su sus pero mas muy hay
            """
        ),
        (
            .italian,
            """
            il lo gli una e sono come perche quando dove chi quale quali io mio mia miei tuo tua noi non con del della
            dei di da nel nella per senza posso puo devo fare questo questa si ma che cosa
            """
        ),
        (
            .portuguese,
            """
            o os as um uma e sao como por que quando onde quem qual quais eu meu minha meus seu sua nao com do da dos das
            em no na para sem posso pode devo fazer este esta isso mas mais
            """
        ),
        (
            .dutch,
            """
            het een en of is zijn hoe waarom wanneer waar wie wat welke ik mijn jij jouw wij zij niet geen met van naar
            op voor uit bij kan kunnen moet wordt heeft hebben dit dat deze om te aan
            """
        ),
    ]

    /// Two words that are read as one: the words, then the word that they mean.
    static let phrases: StaticString = """
        log in=login|log into=login|sign in=login|sign into=login|log on=login|log out=logout|sign out=logout
        log off=logout|sign up=register|set up=setup|shut down=shutdown|turn on=enable|switch on=enable
        turn off=disable|switch off=disable|take off=remove|get rid=remove|throw away=discard|look for=search
        look up=search|find out=discover|figure out=discover|work out=solve|carry out=perform|call off=cancel
        pick up=collect|give up=quit|point out=mention|make up=invent|speed up=accelerate|slow down=decelerate
        back up=backup|clean up=cleanup|fill out=complete|fill in=complete|hand in=submit|check out=checkout
        check in=checkin|go up=rise|goes up=rise|go down=fall|goes down=fall|went up=rise|went down=fall
        cut down=reduce|count up=total|add up=total|sum up=summarize|no one=nobody|such as=like|opt in=enroll
        opt out=withdraw|zip code=postcode|postal code=postcode|mobile phone=smartphone|cell phone=smartphone
        power off=shutdown|roll out=deploy|let know=tell|run out=exhaust|put off=postpone
        """
}
