/// Claims and wishes in scripts that put no spaces between words, and in others whose words change too much for lists:
/// looked for as pieces of text.
enum ScriptClaims {
    /// Whether any of such a script stands in the text; others need no search.
    static func isNeeded(_ text: some Sequence<UInt8>) -> Bool { text.contains { $0 >= 0xD0 && $0 <= 0xED } }

    /// Bytes of a sentence that are searched.
    static let limit = 360

    /// What a sentence of an answer says of the answer.
    struct Found {
        var meaning: QualityWords.Meaning?
        var isMachine = false
        var isApology = false
        var isOffer = false
        var isSafety = false
    }

    /// Reads a sentence of an answer. One that quotes claims nothing.
    static func read(_ whole: UnsafeBufferPointer<UInt8>) -> Found {
        let sentence = UnsafeBufferPointer(rebasing: whole.prefix(limit))
        func has(_ pieces: [StaticString]) -> Bool { pieces.contains { contains(sentence, $0) } }
        var found = Found()
        found.isSafety = has(safety)
        guard !has(quotes) else { return found }
        found.isMachine = has(machines)
        found.isApology = has(apologies)
        found.isOffer = has(offers)
        if has(refusals) { found.meaning = .plainRefusal } else if has(uncertainties) { found.meaning = .uncertainty }
        return found
    }

    /// What a request hints at.
    static func cues(_ request: UnsafeBufferPointer<UInt8>) -> RequestCues {
        var cues: RequestCues = []
        for (cue, pieces) in wishes where pieces.contains(where: { contains(request, $0) }) { cues.formUnion(cue) }
        return cues
    }

    private static func contains(_ text: UnsafeBufferPointer<UInt8>, _ piece: StaticString) -> Bool {
        let count = piece.utf8CodeUnitCount
        guard count > 0, text.count >= count else { return false }
        var from = 0
        while let at = JSONScan.next(piece.utf8Start[0], text, from: from), at + count <= text.count {
            if JSONText.equals(text, at..<at + count, piece) { return true }
            from = at + 1
        }
        return false
    }

    private static let quotes: [StaticString] = ["「", "『", "“", "\"", "《", "«"]

    private static let refusals: [StaticString] = [
        "我无法", "我不能", "我没法", "无法回答", "无法提供", "无法帮助", "不能回答", "没办法回答", "不便回答", "无法为您", "无法为你",
        "我無法", "無法回答", "無法提供", "無法幫", "お答えできません", "お答えすることができません", "お答えすることはできません",
        "回答できません", "回答することができません", "回答することはできません", "お手伝いできません", "お手伝いすることができません",
        "お手伝いすることはできません", "対応できません", "対応することができません", "提供できません", "提供することができません",
        "提供することはできません", "作成できません", "作成することはできません", "お応えできません", "お応えすることはできません",
        "できかねます", "いたしかねます", "お答えは控え", "回答は控え", "답변할 수 없", "답변드릴 수 없", "대답할 수 없",
        "도와드릴 수 없", "도움을 드릴 수 없", "도와줄 수 없", "제공할 수 없", "제공해 드릴 수 없", "답변해 드릴 수 없", "не могу помочь",
        "не могу ответить", "не могу предоставить", "не могу выполнить", "не в состоянии", "Я не могу",
    ]
    private static let uncertainties: [StaticString] = [
        "我不知道", "我不清楚", "我不太清楚", "我不确定", "我不太确定", "我不了解", "我不太了解", "我没有足够", "我没有相关",
        "我没有关于", "我没有这方面", "我也不知道", "没有相关信息", "我對此不", "我对此不", "不太清楚这个", "我不確定", "我不太確定",
        "我沒有", "很难说", "很難說", "わかりません", "分かりません", "判りません", "存じません", "存じ上げません", "知りません",
        "わからないです", "分からないです", "確信がありません", "自信がありません", "情報がありません", "情報を持って", "情報は持って",
        "持ち合わせて", "把握していません", "把握しておりません", "何とも言えません", "なんとも言えません", "모르겠", "알지 못합니다",
        "확실하지 않", "정보가 없", "정보가 부족", "말씀드리기 어렵", "не знаю", "не уверен", "у меня нет", "У меня нет",
        "недостаточно информации",
    ]
    private static let machines: [StaticString] = [
        "作为AI", "作为一个AI", "作为人工智能", "作为一个人工智能", "作为语言模型", "作为一个语言模型", "作为一款", "作为一名AI", "作为大",
        "作为 AI", "作为一个 AI", "作為AI", "作為一個", "作為人工智慧", "作為語言", "AIとして", "言語モデルとして", "AIなので", "AIですので",
        "AIであるため", "人工知能として", "AIアシスタントとして", "AI로서", "언어 모델로서", "언어모델로서", "인공지능으로서", "AI 모델로서",
        "AI이기 때문", "как ИИ", "Как ИИ", "языковая модель", "искусственный интеллект",
    ]
    private static let apologies: [StaticString] = [
        "抱歉", "对不起", "對不起", "很遗憾", "申し訳", "すみません", "ごめんなさい", "残念ながら", "죄송", "미안", "извините", "Извините",
        "К сожалению", "к сожалению",
    ]
    private static let offers: [StaticString] = [
        "建议您", "建议你", "请咨询", "请查阅", "请联系", "请参考", "建议咨询", "建议查阅", "如有其他", "如果您有", "如果你有其他", "建議您",
        "請諮詢", "お問い合わせください", "ご相談ください", "ご相談されること", "相談してください", "ご確認ください", "確認してください",
        "お知らせください", "ご連絡ください", "ご参照ください", "お尋ねください", "문의하", "문의해", "상담하", "상담을", "확인하시기", "확인해 주",
        "обратитесь", "Обратитесь", "рекомендую обратиться",
    ]
    /// Of harm, law and crises, as ``QualityWords`` has them for others.
    private static let safety: [StaticString] = [
        "违法", "非法", "危险", "伤害", "自杀", "暴力", "武器", "爆炸", "炸药", "炸弹", "毒品", "中毒", "犯罪", "法律", "有害", "隐私", "欺诈",
        "诈骗", "仇恨", "不道德", "违反", "違法", "違反", "危険", "危險", "傷害", "自殺", "爆発", "爆弾", "犯罪", "法律", "詐欺", "傷つけ",
        "有毒", "プライバシー", "不正", "命に", "불법", "위험", "자살", "폭력", "무기", "폭탄", "범죄", "유해", "해를", "사기", "незаконн", "опасн",
        "насили", "оруж", "вред", "преступ", "самоубий", "взрыв",
    ]

    private static let wishes: [(RequestCues, [StaticString])] = [
        (
            .speaksFor,
            [
                "翻译", "翻譯", "译成", "改写", "润色", "怎么说", "怎麼說", "例句", "造句", "邮件", "信", "短信", "回复", "通知", "演讲", "请假",
                "道歉", "訳", "言い換え", "添削", "メール", "手紙", "文面", "例文", "返信", "スピーチ", "挨拶", "お詫び", "セリフ", "번역", "이메일",
                "편지", "메시지", "답장", "예문", "문자", "переведи", "Переведи", "письмо", "сообщение",
            ]
        ),
        (
            [.fiction, .tells],
            [
                "故事", "小说", "小說", "诗", "詩", "歌词", "歌詞", "对话", "對話", "剧本", "童话", "日记", "物語", "小説", "俳句", "短歌", "会話",
                "台本", "童話", "日記", "이야기", "소설", "시를", "가사", "대화", "рассказ", "стих", "сказк", "диалог",
            ]
        ),
        (
            .open,
            [
                "解释", "解釋", "说明", "説明", "說明", "为什么", "為什麼", "如何", "怎么", "怎麼", "比较", "比較", "介绍", "介紹", "分析", "区别",
                "なぜ", "どうやって", "どのように", "教えて", "違い", "설명", "왜", "어떻게", "비교", "차이", "Объясни", "объясни", "почему",
                "Почему",
            ]
        ),
        (
            [.long, .open],
            ["详细", "詳細", "深入", "全面", "詳しく", "くわしく", "자세히", "상세", "подробно", "Подробно"]
        ),
        (
            .short,
            ["简短", "简要", "一句话", "一个词", "簡短", "簡単に", "一言", "短く", "簡潔", "一文で", "간단히", "짧게", "한 문장", "кратко", "Кратко"]
        ),
        (
            .live,
            [
                "今天", "昨天", "昨晚", "现在", "目前", "最新", "今日", "昨日", "昨夜", "今の", "現在", "오늘", "어제", "지금", "сегодня", "вчера",
                "сейчас",
            ]
        ),
        (
            .aboutModel,
            ["你是谁", "你好吗", "你有", "你是不是", "あなたは", "お元気", "너는", "당신은", "ты кто", "Кто ты", "как дела", "Как дела"]
        ),
    ]
}
