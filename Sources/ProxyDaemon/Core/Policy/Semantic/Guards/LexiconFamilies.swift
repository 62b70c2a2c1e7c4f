/// Closed sets: two different members of one set never mean the same. A member stands for its synonyms and forms too; words
/// joined by `=` are one member. Lists of the project's own making.
enum LexiconFamilies {
    /// Kinds, of which a missing counterpart alone says little.
    static let kinds: [StaticString] = [
        // Calendar.
        "monday=mon tuesday=tue=tues wednesday=wed thursday=thu=thur=thurs friday=fri saturday=sat sunday",
        """
        january=jan february=feb march=mar april=apr may june=jun july=jul august=aug september=sept=sep october=oct
        november=nov december=dec
        """,
        "spring summer autumn winter",
        "morning noon afternoon evening night midnight",
        "today tomorrow yesterday tonight",
        "second minute hour day week fortnight month quarter year decade century",
        "secondly hourly daily nightly weekly biweekly monthly quarterly annual biennial",
        "breakfast brunch lunch dinner supper",
        "christmas easter halloween thanksgiving ramadan diwali hanukkah passover",
        "past present future",
        // Measures.
        "nanometer micrometer millimeter=mm centimeter=cm decimeter meter kilometer=km inch foot=ft yard mile",
        "milligram=mg gram kilogram=kg ton tonne ounce=oz pound=lb=lbs stone",
        "milliliter=ml liter gallon pint cup tablespoon=tbsp teaspoon=tsp",
        "celsius fahrenheit kelvin",
        "bit byte kilobyte=kb megabyte=mb gigabyte=gb terabyte=tb petabyte=pb",
        "watt volt ampere=amp ohm joule hertz farad newton pascal",
        "kilowatt=kw megawatt=mw horsepower calorie kilojoule",
        "length width height depth thickness",
        "area volume perimeter circumference diameter radius surface",
        "mean median mode variance range quartile",
        "single double triple quadruple",
        "binary octal decimal hexadecimal",
        "thousand million billion trillion",
        // Quantifiers: these groups alone are compared as words of their own.
        "all=every=each=everything=everyone=everybody=entire=whole some=several most=majority none half",
        "small medium large",
        // Colours, shapes, materials.
        """
        red orange yellow green blue purple violet pink brown black white grey beige turquoise cyan magenta indigo maroon
        navy teal crimson scarlet
        """,
        "circle square triangle rectangle oval pentagon hexagon octagon cube sphere cylinder cone pyramid",
        "gold silver bronze platinum copper brass iron steel aluminium tin zinc nickel lead titanium",
        "wood plastic glass metal paper leather concrete brick marble granite ceramic",
        "cotton wool silk linen polyester nylon denim",
        // Living things and food.
        """
        dog cat hamster rabbit parrot horse cow pig sheep goat chicken duck goose fish goldfish turtle snake lizard frog
        mouse rat bird lion tiger bear wolf fox elephant giraffe monkey gorilla whale dolphin shark spider bee ant wasp
        """,
        """
        apple banana cherry grape lemon lime mango melon peach pear pineapple plum strawberry raspberry blueberry kiwi
        avocado apricot fig grapefruit
        """,
        """
        potato tomato onion garlic carrot broccoli cabbage spinach lettuce cucumber pumpkin pepper celery mushroom bean
        pea lentil corn eggplant zucchini beet kale
        """,
        "rice pasta bread quinoa oats barley wheat couscous noodles rye flour",
        "beef pork lamb chicken turkey ham bacon sausage salmon tuna shrimp tofu steak",
        "milk cheese butter cream yogurt egg",
        "coffee tea juice water beer wine vodka whisky rum gin cola soda milkshake lemonade",
        "salt sugar honey vinegar mustard ketchup mayonnaise oil",
        "basil oregano thyme rosemary cilantro parsley mint cinnamon ginger turmeric cumin paprika saffron",
        "rose tulip daisy lily orchid sunflower lavender cactus fern succulent",
        "oak pine birch maple willow cedar palm",
        "protein carbohydrate fat fiber vitamin mineral",
        "vegan vegetarian keto paleo halal kosher gluten",
        // Body and medicine.
        """
        head neck shoulder arm elbow wrist hand finger chest back hip leg knee ankle foot toe eye ear nose mouth tooth
        throat stomach
        """,
        "heart lung liver kidney brain pancreas spleen bladder intestine stomach skin thyroid",
        """
        aspirin ibuprofen paracetamol=acetaminophen=tylenol naproxen penicillin amoxicillin metformin insulin warfarin
        statin antibiotic antidepressant antihistamine steroid
        """,
        """
        diabetes asthma cancer flu influenza cold covid measles malaria pneumonia arthritis migraine epilepsy depression
        anxiety hypertension anemia eczema stroke
        """,
        "calcium iron magnesium potassium sodium zinc iodine phosphorus",
        "headache fever cough nausea rash fatigue dizziness diarrhea constipation",
        "dentist cardiologist dermatologist psychiatrist psychologist surgeon pediatrician nurse pharmacist",
        // People.
        "mother father son daughter brother sister uncle aunt cousin grandmother grandfather nephew niece husband wife",
        "baby toddler child teenager adult senior",
        "he she they",
        // Languages of programs, systems, formats, services.
        "class function method variable module package struct enum constant",
        "unit integration regression smoke load",
        "array dict set tuple queue stack tree heap graph",
        "integer float boolean string char date",
        "bug feature task epic story",
        "title abstract introduction conclusion chapter paragraph sentence word",
        "haiku sonnet poem limerick essay story novel song letter email report speech",
        "noun verb adjective adverb pronoun preposition",
    ]

    /// Names: one that only one of two texts holds tells them apart.
    static let names: [StaticString] = [
        "mercury venus mars jupiter saturn uranus neptune pluto earth moon sun",
        "hydrogen helium lithium carbon nitrogen oxygen fluorine neon argon chlorine bromine uranium plutonium sulfur",
        "dollar=usd euro=eur pound_sterling=gbp yen=jpy yuan=cny rupee=inr franc=chf peso ruble won krona zloty",
        "bitcoin=btc ethereum=eth dogecoin solana litecoin ripple",
        """
        python=py=python3 javascript=js typescript=ts java kotlin swift rust golang c++ c# php ruby perl scala haskell clojure
        elixir erlang ocaml fortran cobol matlab julia bash powershell lua dart groovy sql html css
        """,
        "react angular vue svelte jquery nextjs django flask fastapi rails laravel",
        "pandas numpy polars pytorch tensorflow keras jax scikit matplotlib seaborn",
        "postgresql=postgres mysql sqlite mariadb oracle mongodb redis cassandra dynamodb elasticsearch snowflake bigquery",
        "aws azure gcp heroku netlify vercel cloudflare digitalocean",
        "json yaml xml csv toml ini markdown pdf excel parquet avro protobuf docx xlsx latex",
        "png jpeg=jpg gif svg webp bmp tiff", "mp3 wav flac ogg aac mp4 mkv avi mov", "zip tar gzip bzip2 rar 7z",
        "windows macos linux ubuntu debian fedora android ios freebsd centos",
        "chrome firefox safari opera", "docker kubernetes=k8s podman vagrant terraform ansible",
        "git mercurial subversion svn", "github gitlab bitbucket jira confluence",
        "npm yarn pnpm pip conda cargo maven gradle brew apt", "vim emacs nano vscode intellij xcode eclipse",
        "http https ftp sftp ssh smtp imap dns dhcp tcp udp icmp mqtt grpc graphql websocket",
        "gmail outlook slack zoom whatsapp telegram skype discord",
        "facebook instagram twitter tiktok linkedin snapchat pinterest reddit youtube quora",
        "google microsoft apple amazon meta netflix tesla nvidia intel amd ibm samsung sony adobe spotify uber airbnb",
        "iphone ipad macbook pixel galaxy kindle playstation xbox alexa siri",
        "chatgpt claude gemini llama mistral copilot", "mastercard amex paypal venmo stripe revolut",
        "christianity islam judaism hinduism buddhism sikhism", "bible quran torah",
        "harvard stanford yale princeton oxford cambridge mit",
        "football=soccer basketball baseball tennis cricket rugby hockey golf volleyball badminton",
        "guitar piano violin drums flute cello trumpet saxophone ukulele",
    ]

    /// Countries with what belongs to them; one member each, its adjective being another word of the same set.
    static let places: StaticString = """
        afghanistan albania algeria angola argentina armenia australia austria azerbaijan bahrain bangladesh belarus belgium
        bolivia bosnia botswana brazil bulgaria cambodia cameroon canada chile china colombia congo croatia cuba cyprus
        czechia denmark ecuador egypt england estonia ethiopia finland france georgia germany ghana greece guatemala haiti
        honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya korea
        kuwait laos latvia lebanon libya lithuania luxembourg madagascar malaysia mali malta mexico moldova mongolia morocco
        mozambique myanmar namibia nepal netherlands=holland nicaragua niger nigeria norway oman pakistan panama paraguay peru
        philippines poland portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia slovenia somalia
        spain sudan sweden switzerland syria taiwan tanzania thailand tunisia turkey uganda ukraine uruguay usa=america uk=britain
        uzbekistan venezuela vietnam wales yemen zambia zimbabwe europe africa asia antarctica
        amsterdam athens atlanta auckland bangkok barcelona beijing berlin bogota boston brisbane brussels budapest cairo
        calgary chicago copenhagen dallas delhi denver detroit dubai dublin edinburgh florence frankfurt geneva glasgow hamburg
        hanoi havana helsinki houston istanbul jakarta jerusalem johannesburg karachi kiev=kyiv kolkata lagos lima lisbon
        liverpool london lyon madrid manchester manila marseille melbourne miami milan montreal moscow mumbai munich nairobi
        naples oslo ottawa paris perth philadelphia phoenix prague rome santiago seattle seoul shanghai stockholm sydney tehran
        tokyo toronto vancouver venice vienna vilnius warsaw washington zurich california texas florida alaska hawaii oregon
        nevada arizona colorado ohio michigan virginia
        """

    static let peoples: StaticString = """
        african albanian american arabic arab armenian asian australian austrian bengali brazilian british bulgarian canadian
        cantonese catalan chinese croatian cuban czech danish dutch egyptian english estonian european filipino finnish french
        georgian german greek gujarati hebrew hindi hungarian icelandic indian indonesian iranian irish israeli italian
        japanese korean latin latvian lithuanian malay mandarin mexican mongolian nigerian norwegian pakistani persian=farsi
        polish portuguese punjabi romanian russian scottish serbian slovak slovenian somali spanish swahili swedish swiss
        syrian tamil telugu thai tibetan turkish ukrainian urdu vietnamese welsh zulu
        """

    /// Units that a number may carry, `unit=other spelling`. Those of one or two letters count only behind a number.
    static let units: StaticString = """
        %=percent=pct s=sec=secs=second=seconds ms=millisecond=milliseconds=msec us=microsecond=microseconds
        ns=nanosecond=nanoseconds min=mins=minute=minutes h=hr=hrs=hour=hours d=day=days wk=week=weeks mo=month=months
        yr=yrs=year=years=annum decade=decades km=kms=kilometer=kilometers=kilometre=kilometres m=meter=meters=metre=metres
        cm=centimeter=centimeters=centimetre=centimetres mm=millimeter=millimeters=millimetre=millimetres inch=inches
        ft=foot=feet yd=yard=yards mi=mile=miles kg=kgs=kilo=kilos=kilogram=kilograms g=gram=grams mg=milligram=milligrams
        mcg=microgram=micrograms t=ton=tons=tonne=tonnes lb=lbs=pound=pounds oz=ounce=ounces l=liter=liters=litre=litres
        ml=milliliter=milliliters gal=gallon=gallons cup=cups tbsp=tablespoon=tablespoons tsp=teaspoon=teaspoons
        b=byte=bytes kb=kilobyte=kilobytes mb=megabyte=megabytes gb=gigabyte=gigabytes tb=terabyte=terabytes kib mib gib
        bit=bits hz=hertz khz mhz ghz v=volt=volts w=watt=watts kw=kilowatt=kilowatts kwh a=amp=amps ohm=ohms
        $=usd=dollar=dollars=bucks €=eur=euro=euros £=gbp ¥=yen=jpy ₹=inr=rupee=rupees cent=cents c=celsius f=fahrenheit
        deg=degree=degrees=° px=pixel=pixels em rem mph kmh=kph am=a.m pm=p.m x=times th st nd rd p=page=pages
        line=lines word=words sentence=sentences paragraph=paragraphs character=characters=chars token=tokens
        bp=bps mbps gbps fps dpi rpm kcal cal=calories=calorie
        """

    /// Numbers as words: `digits=word`.
    static let numbers: StaticString = """
        0=zero 1=one 2=two 3=three 4=four 5=five 6=six 7=seven 8=eight 9=nine 10=ten 11=eleven 12=twelve 13=thirteen
        14=fourteen 15=fifteen 16=sixteen 17=seventeen 18=eighteen 19=nineteen 20=twenty 30=thirty 40=forty 50=fifty 60=sixty
        70=seventy 80=eighty 90=ninety 100=hundred 1000=thousand 1000000=million 1000000000=billion 12=dozen
        """

    static let ordinals: StaticString = """
        1=first 2=second 3=third 4=fourth 5=fifth 6=sixth 7=seventh 8=eighth 9=ninth 10=tenth 11=eleventh 12=twelfth
        20=twentieth
        """
}
