/// Claims in languages other than English. Those of scripts without spaces are in ``ScriptClaims``.
extension QualityWords {
    static let foreignPhraseLists: [(String, Meaning)] = [
        (
            """
            dabei/damit/hierbei/diese_frage/diese_aufgabe/diese_anfrage kann ich [dir/ihnen/euch] [leider] nicht
            ich kann [dir/ihnen/euch] [leider] dabei/hierbei/damit/diese_frage/diese_anfrage/darauf [leider] nicht
            ich kann [dir/ihnen/euch] [leider] nicht [weiter] helfen/weiterhelfen/behilflich
            das kann ich [dir/ihnen] leider nicht, ich bin [leider] nicht in_der_lage/imstande/befugt/dafür
            es ist mir [leider] nicht möglich, mir ist es [leider] nicht möglich, dazu bin ich [leider] nicht
            je ne peux/puis/pourrai [malheureusement] pas vous_aider/t'aider/répondre/y_répondre/vous_répondre/te_répondre
            je ne suis [malheureusement] pas en_mesure/capable/autorisé/autorisée/habilité/programmé/conçu
            il m'est [malheureusement] impossible, je préfère/préférerais ne_pas
            no puedo ayudarte/ayudarle/ayudarlo/ayudaros/ayudar/responder/contestar/responderte/cumplir
            no soy capaz, no me es posible, no estoy autorizado/capacitado/programado/diseñado, prefiero/preferiría no
            non posso/riesco [ad/a] aiutarti/aiutarla/aiutarvi/aiutare/rispondere/risponderti
            non sono in_grado/autorizzato/programmato/progettato, non mi è possibile, preferisco/preferirei non
            não posso/consigo ajudar/ajudá/ajudar_você/ajudá_lo/responder/te_ajudar/lhe_ajudar/atender
            não sou capaz, não estou autorizado/programado, não me é possível, prefiro/preferiria não
            ik kan [je/u] daar/hier/hiermee/daarmee/daarbij/hierbij [helaas] niet, daar/hier kan ik [je/u] [helaas] niet
            daar/hier/daarmee/hiermee kan ik [je/u] [helaas] niet, ik ben niet in_staat/bevoegd
            """,
            .plainRefusal
        ),
        (
            """
            ich kann/darf [dir/ihnen/euch] [leider/dazu/hierzu] nicht/keine/keinen/kein
            kann/darf/möchte ich [dir/ihnen/euch] [dabei/dazu/hierzu/das/diese_frage/leider] [leider] nicht/keine/keinen/kein
            ich möchte/würde [mich] [dazu/hierzu/lieber] [lieber] nicht/keine/keinen
            dazu/hierzu/darüber/darauf kann/möchte/darf ich [mich/dir/ihnen] [leider] nicht/keine/keinen
            je ne peux/puis/pourrai/saurais [malheureusement] pas, no puedo/podría/podré, non posso/potrei/riesco
            não posso/consigo/poderei/poderia, ik kan [je/u] [helaas] niet/geen
            """,
            .refusal
        ),
        (
            """
            ich bin [mir] [da/leider/nicht/hier] nicht_sicher/unsicher/ganz_sicher/nicht_ganz_sicher
            ich weiß [es/das] [leider/selbst/auch] nicht, das weiß ich [leider/auch/selbst] nicht, weiß ich [leider] nicht
            ich habe/besitze [leider/dazu/hierzu/darüber/als_ki] keine/keinen/keinerlei/nicht_genug/nicht_genügend/zu_wenig
            habe/besitze ich [leider/dazu/hierzu/darüber] keine/keinen/keinerlei/nicht_genug/nicht_genügend/zu_wenig
            dazu/darüber/hierzu habe/weiß/kenne ich [leider] nichts/keine/keinen/nicht/zu_wenig/nicht_genug
            dazu/darüber/hierzu liegen/fehlen mir, mir liegen/fehlen [leider/dazu/hierzu] keine/die/genauere
            das kann ich [dir/ihnen] nicht sagen/beantworten/beurteilen/einschätzen, ich kenne mich [damit/da/hier] nicht
            schwer zu sagen, das ist schwer zu_sagen, ich bin kein experte/arzt/anwalt/jurist/steuerberater, keine ahnung
            je ne sais [vraiment/malheureusement/absolument] pas, je ne connais pas, je n'ai pas/aucune/malheureusement/guère
            je ne dispose/possède [malheureusement] pas, je n'en sais, je l'ignore, j'ignore, aucune idée, je manque
            je ne suis pas/plus sûr/sûre/certain/certaine/spécialiste/qualifié/expert/médecin/avocat
            difficile à dire, il est difficile de_dire, c'est difficile à_dire, je n'en ai
            no tengo, no dispongo, no cuento con, no lo sé, no sé, no sabría, no lo tengo, no conozco, desconozco, ni idea
            no estoy seguro/segura/familiarizado/al_tanto/del_todo, me temo que_no, es difícil decir/saber, no poseo
            no soy experto/médico/abogado/un_experto
            non ho, non dispongo, non lo so, non so, non saprei, non conosco, non ne ho, non ne so, non possiedo
            non sono sicuro/sicura/certo/certa/esperto/un_esperto/un_medico, è difficile dire/dirlo, difficile dirlo
            não tenho, não disponho, não possuo, não sei, não saberia, não conheço, não faço ideia, desconheço
            não estou certo/certa/seguro/segura/familiarizado, é difícil dizer, não sou especialista/médico/advogado
            ik weet het niet, dat weet ik niet, ik weet [helaas] niet, geen idee, ik heb [helaas] geen/niet_genoeg/onvoldoende
            ik ben [er] niet zeker, ik ben [er] niet_zeker van
            """,
            .uncertainty
        ),
        (
            """
            als [eine/ein/reine/reines/künstliche] ki/ai/sprachmodell/chatbot/intelligenz/assistent [modell/sprachmodell/assistent]
            als großes sprachmodell, als ki [basiertes/gestütztes] sprachmodell/modell/system, da ich eine_ki/ein_sprachmodell
            ich bin [nur/leider] [nur] eine/ein ki/sprachmodell/künstliche_intelligenz/chatbot
            como [un/una/um/uma] [gran/grande] ia/modelo_de_lenguaje/modelo_de_linguagem/inteligencia_artificial
            como [un/uma/una] inteligência_artificial/asistente/assistente/modelo_lingüístico/modelo_de_ia/chatbot
            soy/sou [solo/apenas/un/una/um/uma] [un/una/um/uma] ia/modelo/inteligencia_artificial
            en tant que [grand] modèle/ia/assistant/intelligence_artificielle/chatbot/qu'ia/qu'intelligence_artificielle
            en tant qu'ia/qu'assistant/qu'intelligence, étant une_ia/un_modèle, je suis [seulement] une_ia/un_modèle/qu'une_ia
            come modello/ia/assistente/intelligenza_artificiale, in quanto ia/modello/assistente/intelligenza
            essendo un'ia/un_modello/un'intelligenza, sono [solo/soltanto] un_modello/un'ia/un'intelligenza
            enquanto ia/modelo/assistente, sendo uma_ia/um_modelo, als ai/taalmodel, als een ai/taalmodel
            """,
            .machine
        ),
        (
            """
            lo siento [mucho], lo lamento, lamento, je suis [vraiment] désolé/désolée/navré, mi dispiace, mi scuso
            sinto muito, desculpe, peço desculpas, het spijt me, entschuldigen sie, ich bedaure, ich entschuldige mich
            je m'excuse, je regrette, sono spiacente, disculpa, disculpe, pardon, das ist eine gute_frage
            """,
            .apology
        ),
        (
            """
            [bitte] wenden sie sich, wende dich, [bitte] konsultieren sie, [bitte] fragen sie, frag/frage [am] einen/deinen/ihren
            am besten wenden/fragen/wendest/fragst, ich empfehle/rate [ihnen/dir] sich/einen/dich/eine_fachperson
            bitte informieren/prüfen sie, lass mich wissen, lassen sie mich_wissen, gerne helfe ich, wie kann ich
            weitere informationen finden, bitte wende dich, bitte konsultiere, kann ich sonst, melde dich, melden sie sich
            je vous/te conseille/recommande/suggère/invite de/à consulter/vérifier/contacter/vous_adresser/demander
            veuillez consulter/contacter/vérifier/vous_adresser, consultez, n'hésitez pas, n'hésite pas, adressez vous
            il vaut/vaudrait mieux consulter/demander/s'adresser, faites moi savoir, comment puis je
            te/le/les recomiendo/sugiero/aconsejo consultar/verificar/acudir/que_consultes/que_consulte/contactar/buscar
            consulta/consulte/contacta/contacte [con/a] un/una/la/el/al/con, no dudes en, no dude en, avísame, házmelo saber
            es mejor/recomendable consultar/acudir/preguntar, por favor consulta/consulte
            ti/le/vi consiglio/suggerisco/raccomando di consultare/rivolgerti/rivolgersi/verificare/contattare/chiedere
            consulta/consulti/rivolgiti/rivolgetevi un/il/la/a/al, non esitare a, fammi sapere, si prega di, è meglio consultare
            recomendo/sugiro/aconselho consultar/verificar/procurar/que_consulte/que_procure/contactar
            consulte/procure/contacte um/uma/o/a, por favor consulte, não hesite em, me avise, é melhor consultar
            neem contact op, raadpleeg een/de, laat het me_weten
            """,
            .offer
        ),
    ]
}
