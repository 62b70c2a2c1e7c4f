/// The words and phrases by which requests are told apart. Phrases are separated by commas or lines.
extension RequestWords {
    static let lists: [(RequestCues, String)] = [
        (.what, "what, whats"),
        (
            .makes,
            """
            write, draft, compose, create, generate, make, give, tell, finish, continue, continues, need
            invent, help, prepare, produce, reply, respond, suggest, schreibe, schreib, escribe, écris, rédige
            erzähle, word, decline, cuéntame, verfasse, set, écris-moi, rédige-moi, raconte-moi, raconte, scrivi, scrivimi
            escribe, escríbeme, redacta, escreva, redija, erzähl, erstelle, entwirf, formuliere, dichte, schrijf, maak
            compón, crea, crie, invente, inventa
            """
        ),
        (
            .fiction,
            """
            story, poem, dialogue, scene, lyrics, novel, haiku, screenplay, song, limerick, tale, sonnet
            fairytale, fable, monologue, chapter, ballad, verse, fiction, villanelle, play, character, gedicht
            geschichte, cuento, poema, histoire, poème, conversation, rap, diary, journal, myth, legend, sketch
            interview, lullaby, rhyme, rhymes, hymn, thriller, mystery, stories, poems, kurzgeschichte, märchen, dialog
            canción, relato, novela, chanson, conte, racconto, storia, poesia, dialogo, conto, história, canção, lied
            backstory, narration, narrative, vignette, prose, verhaal, gedichten
            """
        ),
        (
            .tells,
            """
            continue, continues, continúa, continua, fortsetze, tell me a, once upon, in the style of
            """
        ),
        (
            [.genre, .fiction],
            """
            story, poem, dialogue, screenplay, sonnet, haiku, limerick, villanelle, sestina, shanty, ballad, monologue
            soliloquy, noir, fairytale, fable, lullaby, lyrics, song, ode, elegy, gedicht, geschichte, märchen
            kurzgeschichte, cuento, poema, poème, poesia, racconto, skit, parody, fanfic, fanfiction, acrostic, tanka
            chanson, canción, canção, saga, bedtime, flash fiction, free verse, short story, song lyrics, scene
            """
        ),
        (
            [.genre, .fiction, .tells],
            """
            continue/extend/finish [the/this/my] [following] story/tale/scene/poem/chapter/dialogue, what happens next in the
            next chapter, next scene, opening/first/last/closing paragraph/line/lines/sentence of a novel/story
            setze die geschichte, continue l'histoire, continúa la historia
            """
        ),
        (
            .asksAbout,
            """
            what, whats, who, when, where, why, how, which, is, are, was, were, do, does, did, can, could, explain, analyze
            analyse, discuss, compare, summarize, summarise, describe, review, interpret, was, wer, wie, warum, welche, welcher
            erkläre, erklär, vergleiche, analysiere, que, qué, quién, cómo, explica, quel, quelle, qui, comment, pourquoi
            explique, cosa, chi, come, spiega, list, name, recommend, suggest, quels, quelles, cuáles
            """
        ),
        (
            .messages,
            """
            email, e-mail, letter, message, reply, template, text, note, apology, tweet, speech, post, memo
            announcement, response, mail, slack, sms, toast, eulogy, review, invitation, rsvp, brief, statement
            nachricht, correo, carta, lettre, script, essay, paragraph, bio, caption, excuse, refusal
            testimonial, kündigung, bewerbung, absage, anschreiben, einladung, rede, courriel, discours, mensaje, discurso
            lettera, messaggio, discorso, mensagem, resignation, complaint, auto-reply, autoreply, voicemail, vows, prayer
            out-of-office, vorlage, plantilla, abwesenheitsnotiz, entschuldigung, dankesrede, obituary, notice, answer key
            """
        ),
        (
            .speaksFor,
            """
            translate, rephrase, paraphrase, rewrite, proofread, reword, translation, übersetze, traduce
            traduis, roleplay, pretend, impersonate, polish, summarize, summarise, act as, you are playing
            in the voice of, example sentence, example sentences, grammar of, fix the grammar
            correct the grammar, how do i say, how do you say, how can i say, how to say, what should i say
            say that, saying, sentences with, quotes about, quotes from, how would i say, other ways to say
            ways to say, text/message/email/mail/note/letter/sms/card/dm/reply to/for/from/an/für/à/para/a/per my/the/our/a/an/someone/mr/mrs
            text/message/email/mail/note/letter/sms/card/dm/reply to/for/from/an/für/à/para/a/per him/her/them/meinen/meine/mon/ma/mi/mio/mia/meu
            template, vorlage, voicemail greeting, out of office, auto-reply, übersetzung, traduci, traduza, traduire, vertaal
            formuliere, umformulieren, reformule, cover letter, wie sagt man, cómo se dice, comment dit-on, come si dice
            como se diz, wie sage ich
            """
        ),
        (
            .possibilities,
            """
            might, possible, possibly, possibilities, possibility, speculate, speculation, hypotheses
            hypothesis, hypothetical, scenarios, scenario, predict, prediction, predictions, risk, risks
            likely, alleged, allegedly, allegations, brainstorm, rumors, rumours, theories, theory, perhaps
            maybe, forecast, future, legal, lawsuit, uncertain, interpretations, interpretation, guess
            conspiracy, clause, liability, differential, what if, what could, could be, may be
            what would happen, why would, causes of, what causes, side effects, pros and cons, who wrote
            is it true
            """
        ),
        (
            .repetition,
            """
            repeat, refrain, chorus, chant, mantra, lyrics, song, anaphora, dummy, repeated, lines, many times
            test data, sample data, over and over, again and again, copies of, zehnmal, fünfmal, hundertmal
            3/4/5/6/7/8/9/10/12/15/20/25/30/40/50/99/100/200/500/1000 times/mal/fois/veces/volte/vezes/keer/copies/rows
            three/four/five/six/seven/eight/nine/ten/twelve/fifteen/twenty/thirty/fifty/hundred/thousand times/copies/rows
            dix/cent/cinq fois, diez/cien/cinco veces, dieci/cento/cinque volte, dez/cem/cinco vezes
            """
        ),
        (
            .short,
            """
            briefly, concisely, tldr, shortly, spell, synonym, synonyms, antonym, antonyms, headline, tagline
            slogan, acronym, translate, classify, label, kurz, one word, single word, two words, three words
            yes or no, yes no, true or false, one sentence, a sentence, a single sentence, in short, in brief
            be brief, short answer, just the, just tell, only the, only answer, one line, a number
            single number, keep it short, be concise, no explanation, without explanation, without explaining
            answer only, one-liner, few words, a title, one letter, a name for, nothing else, ein wort
            commit message, how do i say, how do you say, two sentences
            """
        ),
        (
            .closed,
            """
            is, are, was, were, do, does, did, can, could, has, have, had, will, would, should, am, who, when
            where, which, whose, whats, hi, hello, hey, thanks, thank, ok, okay, ist, sind, wer, wann, wo, name
            list, pick, choose, convert, calculate, compute, solve, count, quién, cuándo, cuál, quel, quelle
            welche, welcher, wie
            """
        ),
        (
            .open,
            """
            explain, describe, compare, contrast, discuss, analyze, analyse, elaborate, why, essay, outline
            design, evaluate, summarize, summarise, advice, guide, tutorial, plan, strategy, review, critique
            debug, prove, derive, erklär, beschreibe, explícame, how do, how does, how can, how should
            how would, how to, what are the, walk me, step by step, in detail, tell me about
            explique-moi, décris-moi, explain why, spiega, spiegami, explícame, decrivi, descreva, compara, vergleiche
            beschreib, analysiere, compare-moi, analiza, analizza, analise, leg uit, raconte-moi, perché, cómo, comment
            write an essay, the difference between, difference between, pros and cons, help me understand, write a, write an
            write me, trade-offs, tradeoffs, what is the best way, wie funktioniert, warum, erkläre, explica
            explique, pourquoi
            """
        ),
        (
            .onlyJSON,
            """
            only json, json only, only valid json, valid json only, only a json, only the json, just json
            just the json, just a json, nothing but json, only with json, only with a json
            only with valid json, raw json, only in json, only as json, strict json, respond with json
            respond in json, reply in json, reply with json, answer in json, answer with json, reply as json
            respond with valid json, respond with a json object, reply with a json object, return a json object
            answer as json, must be valid json, must be json, output json, return json, output valid json
            return valid json, only a valid json, single json object, one json object, nur json
            nothing except json, only respond with json, no prose just json, exclusively json, only one json
            """
        ),
        (
            .someJSON,
            """
            as json, in json, to json, into json, json format, a json array, a json object, json document
            als json, en json, formatted as json, example json, sample json, json list
            """
        ),
        (
            .aboutJSON,
            """
            how, why, explain, difference, parse, serialize, library, endpoint, api, what
            """
        ),
        (
            .noCode,
            """
            no code, without code, without any code, in words, plain english, conceptually, not code
            without writing code
            """
        ),
        (
            .text,
            """
            essay, poem, story, blog, article, email, letter, speech, haiku, limerick, plan, description, proposal
            agenda, resume, cv, newsletter, overview, comparison, checklist, announcement, pitch, policy, press release
            job ad, biography, memo, post, summary, joke, review, stellenanzeige, beschreibung, aufsatz, introduction, sonnet
            interview questions, quiz, argument, explanation, paragraph, sentence, documentation
            """
        ),
        (
            .pattern,
            """
            regex, regexp, function, sql, query, html, regular expression, dockerfile, makefile, manifest, snippet
            script that/to/which/for, program that/to/which, class that/with/for, funktion, fonction, función, funzione, função
            """
        ),
        (
            .codeFor,
            """
            code for, code to, regular expression for/to/that, query to/for/that, manifest for, regex for, regex to, sql to, sql query to, script to, snippet that, code that
            """
        ),
        (
            .aboutCode,
            """
            explain, review, does, is, why
            """
        ),
        (
            .codeVerbs,
            """
            write, give, show, create, implement, generate, provide, make, code, build, develop, refactor, fix
            erstelle, entwickle, implementiere, programmiere, zeig, zeige, crée, montre, génère, écris-moi, crea, genera
            muéstrame, scrivi, scrivimi, mostra, escreva, mostre, crie, gere, schrijf, maak
            convert, port, rewrite, need, want, translate, add, complete, optimize, schreibe, schreib, escribe
            écris, craft, produce, send, program
            """
        ),
        (
            .codeNouns,
            """
            regular expression, manifest, funzione, função, functie, reguläre/regulären/regulärer ausdruck
            expression régulière, expresión regular, shell command/script, unit tests/test, cron job/expression/entry, github action
            docker compose, xpath, jsonpath, jq, graphql, gitignore, kubeconfig, webpack, nginx config, cmakelists
            function, regex, regexp, snippet, one-liner, dockerfile, makefile, stylesheet, decorator
            subroutine, dataclass, middleware, funktion, función, fonction, bash, sql, css, html, unittest
            usestate, docker-compose, playbook, crontab
            """
        ),
        (
            .softCodeNouns,
            """
            script, program, class, method, query, command, component, test, tests, macro, endpoint, hook
            struct, loop, parser, migration, algorithm, trigger, procedure, iterator, module, example
            implementation, generator, handler, server, client, cli, skript, programm, enum, interface
            expression, formula
            """
        ),
        (
            .code,
            """
            code, quellcode
            """
        ),
        (
            .codeNumbers,
            """
            status/error/exit/return/country/dialing/dialling/dial/area/zip/postal/post/color/colour/hex/airport/iata/icao/iso/http/qr/dress/morse/response/currency/language/sort/promo/discount/tax/building/highway/penal/civil/fault/character/ascii/unicode/key code/codes
            code name, code of, codename, source code of_conduct
            """
        ),
        (
            .buildVerbs,
            """
            write, create, implement, generate, build, make, develop, code, program, schreibe, schreib, erstelle, escribe
            écris, crée, crea, scrivi, escreva, show me a, give me a, refactor, convert, port, complete
            """
        ),
        (
            .builtNouns,
            """
            view, screen, config, configuration, manifest, workflow, pipeline, schema, controller, route, plugin, widget
            selector, resolver, migration, konfiguration, abfrage, requête, consulta, vista, view model, compose file
            yaml, toml, xml, playbook, layout, reducer, statement, mutation, fixture
            """
        ),
        (
            .translates,
            """
            translate, translation, rephrase, paraphrase, rewrite, reword, proofread, polish, say, correct, übersetze
            übersetzung, traduce, traduis, traduire, traduci, traduza, vertaal, umformulieren, sagt, sage, decir, dice, dit-on
            """
        ),
        (
            .declines,
            """
            sorry, cannot, cant, can not, unable, dont, do not, wont, unfortunately, decline, refuse, refusal, know, no, not
            leider, nicht, kein, keine, désolé, pas, siento, puedo, sé, no, non, não, niet, regret, apologize, apologise
            """
        ),
        (
            .harmful,
            """
            racist, sexist, homophobic, antisemitic, slur, slurs, bomb, bombs, explosive, explosives, meth, methamphetamine, heroin
            nerve gas, poison someone/somebody/my, counterfeit, fake id/passport/prescription/diploma, forge a, phishing, malware
            ransomware, keylogger, stalk, suicide, self-harm, porn, nude, nudes, hate speech, launder money, hotwire, pipe bomb
            rassistisch, rassistischen, gefälscht, gefälschtes, gefälschten, sprengstoff, rohrbombe, bombe, raciste, falsifier
            racista, bomba, falsificar, razzista, falsificare
            """
        ),
        (
            .live,
            """
            now, today, tonight, yesterday, current, currently, latest, live, last night, this morning, right now, this week
            heute, gestern, jetzt, aktuell, aktuelle, aktuellen, aktueller, derzeit, momentan, maintenant, actuellement
            aujourd'hui, aujourdhui, hoy, ayer, ahora, oggi, ieri, adesso, hoje, ontem, agora, vandaag, gisteren, hier soir
            last week, last weekend, this weekend, i told you, we talked, we discussed, our last, my account, my order, tomorrow
            my package, my email, my inbox, my calendar, my phone, my screen, remember what, remember me, morgen, demain, mañana
            domani, amanhã, my location, next week, do you remember, upcoming, did i, am i, where is my, where did i, in my pocket
            """
        ),
        (
            .aboutModel,
            """
            how/who/what are you, are you conscious/sentient/human/alive/real/self-aware/an/a/able/aware/happy/ok/okay
            do you have/feel/dream/sleep/eat/enjoy/love/like/get/ever feelings/emotions/a/an/lonely/dreams/consciousness/being/it/pets
            do you feel/dream/sleep/eat, do you have feelings/emotions/consciousness/access/memory, can you feel/see/hear/browse/access/remember/learn/search/watch
            what is/s your name/favorite/favourite, whats your name/favorite/favourite, your favorite, your favourite
            wie geht es/gehts, wer bist du, bist du, hast du gefühle/ein, comment vas tu, comment vas-tu, es-tu, as-tu, qui es-tu
            quién eres, cómo estás, eres un/una, chi sei, come stai, sei un, quem é você, como vai, você é, have you ever, were you trained/born/made
            """
        ),
        (
            .long,
            """
            in/great/full detail, detailed, in depth, in-depth, comprehensive, thorough, thoroughly, exhaustive, at length
            ausführlich, ausführliche, ausführlichen, ausführlicher, detailliert, detaillierte, detaillierten, eingehend, umfassend
            umfassende, en détail, en détails, détaillé, détaillée, approfondie, approfondi, exhaustif, en detalle, detallado
            detallada, detalladamente, a fondo, exhaustivo, in dettaglio, dettagliato, dettagliata, approfondita, em detalhe
            em detalhes, detalhado, detalhada, detalhadamente, uitgebreid, gedetailleerd, step by step, schritt für schritt
            étape par étape, paso a paso, passo a passo, passo dopo passo, long, elaborate
            """
        ),
        (
            .oddWords,
            """
            random, password, passwort, cipher, encode, decode, encrypt, decrypt, rot13, caesar, anagram, scramble, unscramble
            token, tokens, tokenizer, tokenization, tokenize, bert, mojibake, gibberish, nonsense, lorem, ipsum, keyboard, base64, hash
            reverse, backwards, abbreviations, abbreviation, sentencepiece, special tokens, prompt, template, welsh, consonants
            """
        ),
        (
            .languages,
            """
            swiftui, uikit, kubernetes, k8s, docker, helm, nginx, angular, svelte, typescript, nextjs, redis, prometheus
            grafana, github, gitlab, jenkins, systemd, spring, laravel, rails, express, jquery, graphql, hibernate, pyspark, spark
            pytorch, tensorflow, jetpack, flutter, unity, arduino, vim, emacs, webpack, eslint, apache, git, fastapi, sqlite, oracle
            mongodb, dynamodb, cuda, opengl, cmake, gradle, maven, csharp, f#, erlang, zig, nim, prolog, lisp, racket, solidity
            python, javascript, typescript, swift, rust, golang, go, java, c++, c#, c, kotlin, ruby, php, perl
            haskell, scala, sql, bash, shell, powershell, html, css, react, vue, node, postgres, mysql
            terraform, ansible, lua, elixir, zsh, awk, sed, pytest, jest, django, flask, excel, vba, latex
            matlab, julia, ocaml, clojure, dart, fortran, assembly, numpy, pandas
            """
        ),
        (
            .technical,
            """
            array, string, strings, integer, integers, api, json, csv, file, files, list, regex, database
            table, linked, binary, tree, stack, queue, hash, sort, sorts, sorting, recursive, code, cache
            thread, http, iban, validates, validate, deployment, cron, nodes, node, log, logs, dates, email addresses, urls
            """
        ),
        (
            .reworks,
            """
            implement, refactor
            """
        ),
        (
            .measures,
            """
            how many, how much, how old, how far, how long, how tall, how big, how often, how fast, how high
            how deep
            """
        ),
        (
            .little,
            """
            the, a, an, of, is, are, how, what, do, i, for, my, to, and
            """
        ),
    ]
}
