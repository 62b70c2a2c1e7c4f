/// Pairs of prompts that an embedding takes for alike and that ask different things, by the guard that must tell; and pairs
/// that ask the same. Written by hand for these tests.
enum LookalikePairs {
    struct Pair: Sendable {
        let one: String
        let other: String
    }

    /// Lines of `one | other`.
    private static func pairs(_ lines: String) -> [Pair] {
        lines.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "|", maxSplits: 1).map { $0.trimming }
            return parts.count == 2 ? Pair(one: parts[0], other: parts[1]) : nil
        }
    }

    static let numbers = pairs(
        """
        list 7 uses of baking soda | list 9 uses of baking soda
        how much is 12 percent of 80 | how much is 15 percent of 80
        What changed in Postgres 14? | What changed in Postgres 15?
        name five rivers of Asia | name ten rivers of Asia
        who was the second person on the moon | who was the third person on the moon
        write a poem of four lines | write a poem of 8 lines
        summarise chapter 3.1 | summarise chapter 1.3
        can a 3 year old take this syrup | can a 13 year old take this syrup
        what is the square root of 1,024 | what is the square root of 1,042
        explain error 404 | explain error 403
        how do I connect to 10.0.0.1 | how do I connect to 10.0.0.2
        what does RFC 2616 say about caching | what does RFC 7234 say about caching
        set retries to twenty five | set retries to twenty six
        """
    )

    static let units = pairs(
        """
        run the job every 10 seconds | run the job every 10 minutes
        is 40 kg too heavy for a parcel | is 40 lbs too heavy for a parcel
        what can I buy for 20 dollars | what can I buy for 20 euros
        allocate 512 MB of memory | allocate 512 GB of memory
        does the shop open at 7am | does the shop open at 7pm
        """
    )

    static let negation = pairs(
        """
        which files are tracked by git | which files are not tracked by git
        what happens if I restart the server | what happens if I don't restart the server
        recipes with nuts | recipes without nuts
        list the users who have logged in | list the users who have never logged in
        can I travel with a visa | can I travel without a visa
        tests that pass on Linux | tests that fail on Linux
        show rows where the email is set | show rows where the email isn't set
        is it safe to mix these two cleaners | is it unsafe not to mix these two cleaners
        """
    )

    static let operators = pairs(
        """
        keep rows where a > b | keep rows where a < b
        what does x += 1 do | what does x -= 1 do
        is a == b true here | is a != b true here
        explain f(x) -> y | explain f(x) <- y
        should I learn guitar and piano | should I learn guitar or piano
        """
    )

    static let opposites = pairs(
        """
        how do I increase the font size | how do I decrease the font size
        how to mount a disk | how to unmount a disk
        when is it legal to record a call | when is it illegal to record a call
        what are the advantages of solar panels | what are the disadvantages of solar panels
        should I accept the settlement | should I reject the settlement
        how do I turn on the heating | how do I turn off the heating
        Can I buy shares after hours? | Can I sell shares after hours?
        what is the highest tide in a month | what is the lowest tide in a month
        causes of hyperthyroidism | causes of hypothyroidism
        how do I sign in to the portal | how do I sign out of the portal
        is the plug on the left safe | is the plug on the right safe
        what do I eat before a race | what do I eat after a race
        sort the table in ascending order | sort the table in descending order
        tips for being more careful | tips for being more careless
        is this metal magnetic when heated | is this metal magnetic when cooled
        which planet is the hottest | which planet is the coldest
        how do I lend money to a friend | how do I borrow money from a friend
        what is the role of a buyer | what is the role of a seller
        how to encode a url | how to decode a url
        write an optimistic ending | write a pessimistic ending
        which is the faster route | which is the fastest route
        is the meeting in the morning | is the meeting in the evening
        how do I allow popups | how do I block popups
        how do I purchase a licence | how do I sell a licence
        show inbound traffic | show outbound traffic
        """
    )

    static let siblings = pairs(
        """
        is the office closed on monday | is the office closed on thursday
        paint the fence green | paint the fence brown
        what grows well in spring | what grows well in winter
        how long do I boil potatoes | how long do I boil carrots
        pain in the left knee | pain in the left elbow
        my uncle wants to adopt a dog | my uncle wants to adopt a cat
        bill me monthly | bill me quarterly
        average rainfall in march | average rainfall in october
        how do I measure the width of a window | how do I measure the depth of a window
        convert the value to hexadecimal | convert the value to octal
        """
    )

    static let entities = pairs(
        """
        how tall is mount Elbrus | how tall is mount Kenya
        write the parser in rust | write the parser in golang
        what does parse_header return | what does parse_footer return
        open config/dev.yaml | open config/prod.yaml
        what does git push --force do | what does git push --tags do
        is Anna free for lunch | is Marta free for lunch
        explain the CAP theorem | explain the theorem
        best food in portugal | best food in norway
        translate the menu to spanish | translate the menu to polish
        deploy the service to aws | deploy the service to azure
        when does useEffect run | when does useMemo run
        how many t letters are in committee | how many m letters are in committee
        what does the 🔥 emoji mean | what does the 🎉 emoji mean
        does vitamin C help | does vitamin D help
        run npm install in the folder | run yarn install in the folder
        """
    )

    static let quantifiers = pairs(
        """
        delete all backups of the site | delete some backups of the site
        may everyone edit this page | may most edit this page
        show the admins of this group | show only the admins of this group
        """
    )

    static let wordOrder = pairs(
        """
        did Spain beat Italy in the final | did Italy beat Spain in the final
        convert feet to metres | convert metres to feet
        trains from Lyon to Geneva | trains from Geneva to Lyon
        is tea better than coffee for sleep | is coffee better than tea for sleep
        merge the release branch into develop | merge develop into the release branch
        why do cats chase birds | why do birds chase cats
        translate this letter from French to Dutch | translate this letter from Dutch to French
        the lawyer of the owner | the owner of the lawyer
        should I paint before sanding | should I sand before painting
        compare tea with milk and choose tea | compare tea with milk and choose milk
        """
    )

    static let possessives = pairs(
        """
        how old is my brother | how old is your brother
        when does his contract end | when does her contract end
        show the tasks assigned to me | show the tasks assigned to them
        """
    )

    static let questionWord = pairs(
        """
        who painted the ceiling | when was the ceiling painted
        where is the meeting | when is the meeting
        how many people speak Basque | how long do people speak Basque
        why do leaves fall | when do leaves fall
        how old is the bridge | how long is the bridge
        """
    )

    static let modality = pairs(
        """
        can I stop the course of tablets early | should I stop the course of tablets early
        must I register the drone | should I register the drone
        when can I take the bandage off | when should I take the bandage off
        """
    )

    static let tense = pairs(
        """
        who is the mayor of the city | who was the mayor of the city
        who will lead the orchestra | who did lead the orchestra
        what is the name of the airport | what was the name of the airport
        """
    )

    static let quoted = pairs(
        """
        translate "good luck" to Italian | translate "good night" to Italian
        what does `ls -l` print | what does `ls -a` print
        say 'hello there' in Welsh | say 'see you' in Welsh
        """
    )

    static let language = pairs(
        """
        Wie kann ich meinen Vertrag verlängern? | Wie kann ich meinen Vertrag kündigen?
        Comment puis-je changer mon adresse ? | Comment puis-je changer mon forfait ?
        ¿Cómo puedo cambiar mi contraseña? | How can I change my password?
        怎么重置密码 | 怎么修改密码
        Как удалить аккаунт | Как создать аккаунт
        """
    )

    static let length = pairs(
        """
        explain recursion | explain recursion with a worked example about tree traversal and compare its memory use to loops
        and then? | and why?
        """
    )

    /// Pairs that no guard may refuse.
    static let same = pairs(
        """
        How do I reset my password? | How can I reset my password?
        how do I reset my password | How do I reset the password?
        What is a monad? | What's a monad?
        explain what a monad is | what is a monad
        please list the planets | list the planets
        List the planets. | Could you list the planets please?
        How do you boil an egg? | How do I boil an egg?
        how to boil an egg | How do I boil eggs?
        What are the symptoms of scurvy? | What are scurvy symptoms?
        what is the population of Peru | What's Peru's population?
        How do I delete a branch in git? | How do I remove a branch in git?
        In Python, how do I read a file? | How do I read a file in Python?
        how can I purchase a ticket | how can I buy a ticket
        Where do I find the serial number? | where can I find the serial number
        I don't understand pointers | I do not understand pointers
        can't connect to the printer | cannot connect to the printer
        wait for 5 minutes | wait for five minutes
        a 20% discount | a 20 percent discount
        a distance of 5km | a distance of 5 kilometres
        set the limit to 1,000 | set the limit to 1000
        the colour of the sky | the color of the sky
        optimise this query | optimize this query
        Hi team, how do I book a room? | How do I book a room?
        How do I book a room? Many thanks in advance | How do I book a room?
        Quick question: how do I book a room? | How do I book a room?
        what is the fastest way to peel garlic | What is the quickest way to peel garlic?
        begin a new paragraph | start a new paragraph
        how does a fridge work | how does a refrigerator work
        How do I log in to my account? | How do I sign in to my account?
        How do I login to my account? | How do I log in to my account?
        the back-up failed | the backup failed
        what is the capital city of Chad | what is the capital city of chad
        HOW DO I RENAME A FILE ON A MAC | how do I rename a file on a mac
        Write a short story about a lighthouse | write a brief story about a lighthouse
        how do I install the driver | How should I install the driver?
        What does "idempotent" mean? | what does 'idempotent' mean
        What does the word “idempotent” mean? | what does the word "idempotent" mean
        Wie kann ich mein Passwort ändern? | wie kann ich mein Passwort ändern
        怎么重置密码？ | 怎么重置密码
        Как удалить аккаунт? | как удалить аккаунт
        the router's password | the password of the router
        the guest list for the party | the party guest list
        I was running in the park | I ran in the park
        she bought two houses | she purchased two houses
        why was my card declined | why is my card declined
        What can I do to sleep better? | How can I sleep better?
        how do I cancel my subscription | how can I cancel the subscription
        tips for learning chess | tips to learn chess
        is it possible to fly a kite at night | can I fly a kite at night
        explain the water cycle to me | explain the water cycle
        give me an example of irony | show me an example of irony
        do I need a permit to fish here | do I need permits to fish here
        the test took 3 hrs | the test took 3 hours
        how do I undo the last commit? | How do I undo my last commit
        """
    )

    static let different: [(guard: String, pairs: [Pair])] = [
        ("numbers", numbers), ("units", units), ("negation", negation), ("operators", operators),
        ("opposites", opposites),
        ("siblings", siblings), ("entities", entities), ("quantifiers", quantifiers), ("word_order", wordOrder),
        ("possessives", possessives), ("question_word", questionWord), ("modality", modality), ("tense", tense),
        ("quoted", quoted), ("language", language), ("length", length),
    ]

    static var all: [Pair] { different.flatMap(\.pairs) + same }
}

extension Substring {
    fileprivate var trimming: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
