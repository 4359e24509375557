"""The words of furniture: what sites print around an article, in the languages we have met.

Data only; `furniture` reads it. A form a line, however long, so that one can be found, added and mended.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

# Whole lines, folded by `_folded`: no case, digits as "#", no marks at either end. reason -> lines.
LINES = {
    "advertisement": """
        advertisement|advertisements|advertising|advert|sponsored|sponsored content|sponsored links|promoted
        paid content|story continues below|story continues below advertisement|story continued below|article continues below
        article continues after ad|article continues after advertisement|continue reading below|ads by adblade
        advertisement - continue reading below|advertisement. scroll to continue reading|scroll to continue
        scroll to continue with content|skip advertisement|report this ad|powered by|close ad|remove ads
        anzeige|werbung|publicité|publicite|la suite après la publicité|la suite de l'article après la publicité
        publicidad|publicidade|continua após a publicidade|continua depois da publicidade|anúncio|pubblicità
        continua a leggere dopo la pubblicità|advertentie|annons|annonse|annonce|mainos|reklam|hirdetés
        publicitate|реклама|на правах рекламы|διαφήμιση|إعلان|اعلان|إعلانات|تبلیغات|विज्ञापन|বিজ্ঞাপন|iklan|quảng cáo
        広告|广告|廣告|광고|โฆษณา|פרסומת
    """,
    "link": """
        read more|read on|read full article|read the full article|read the full story|read full story|read the rest
        read full article at the source|read original article|read the original article|view original|continue reading
        continue reading the main story|see more|learn more|show more|load more|view more|click to read more
        click here|click here to read more|keep reading|full story|source link|link to original article|learn more here
        read entire article|read this article|view article|print this article|email this article|save article
        email this article to a friend|next article|previous article|next post|previous post
        next story|previous story|back to top|go back|skip to main content|skip to content
        back to homepage|toggle navigation|open in app|view gallery|see all related|view all|see all|see also
        scroll down for video|scroll down for videos|scroll down for more|watch next|watch now|watch the video
        play video|watch this video again|video loading|loading|loading video|poll loading|please wait|view on instagram
        please enable javascript to watch|view this post on instagram|embedded content
        view photos|listen to this article|copy link|link copied|follow us
        on a mobile device? click here to watch the video|using a mobile device? click here to see the video
        contact us|about us|terms of use|privacy policy|terms of service|cookie policy|report an error
        report a typo|suggest a correction|send us a tip|log in|login|sign in|my account|subscribe
        subscribe now|subscribe today|sign up|sign up now|join now|donate|donate now|support us|become a member
        give a gift|unlimited digital access|start your free trial|already a subscriber|already a subscriber? sign in
        subscriber only|subscribers only
        weiterlesen|mehr lesen|zum artikel|zur startseite|nach oben|drucken|teilen|merken|artikel drucken|startseite
        lire la suite|lire plus|en savoir plus|lire l'article|imprimer|partager|accueil|voir plus|envoyer par mail
        leer más|leer mas|seguir leyendo|ver más|ver mas|imprimir|compartir|guardar|inicio|sigue leyendo|leia mais
        continue lendo|continuar a ler|ver mais|saiba mais|compartilhar|partilhar|leggi tutto|leggi di più|continua a leggere
        leggi l'articolo|condividi|lees meer|lees verder|läs mer|läs hela artikeln|les mer|læs mere
        lue lisää|czytaj więcej|czytaj dalej|udostępnij|drukuj|číst dále|sdílet|čítajte viac|zdieľať|tovább
        megosztás|citește mai mult|distribuie|подробнее|читать далее|читать полностью|поделиться|распечатать
        детальніше|читати далі|поділитися|devamını oku|haberin devamı|paylaş|yazdır|selengkapnya
        baca selengkapnya|bagikan|xem thêm|chia sẻ|đọc tiếp|اقرأ المزيد|إقرأ المزيد|المزيد|مشاركة|شارك|طباعة|بیشتر بخوانید
        और पढ़ें|शेयर करें|आगे पढ़ें|আরও পড়ুন|続きを読む|もっと見る|印刷する|シェア|シェアする|ツイート|阅读更多|阅读全文|查看更多|分享|打印
        閱讀更多|더보기|더 보기|공유하기|인쇄|อ่านต่อ|แชร์|διαβάστε περισσότερα|ανατύπωση|קרא עוד|שתפו
        share this|share this article|share this story|share article|share on facebook|share on twitter|share via email
        share this story on facebook|share on whatsapp|share on linkedin|tweet|tweet this|share it|share link|share page
        have something to add to this story? share it in the comments|share your thoughts|what do you think
    """,
    "comments": """
        view comments|comments are closed|# comments|# comment|show comments|hide comments|post a comment
        leave a comment|add a comment|join the conversation|be the first to comment|no comments|no comments yet
        comments (#)|comment (#)|view comments (#)|show comments (#)|load comments|see all comments
        comments are turned off|comments are off|commenting is closed|comment on this story|comments closed
        add a commentsee all comments|sorry we are not currently accepting comments on this article|ccomments
        the comments below have not been moderated|we are no longer accepting comments on this article
        log in to comment|sign in to comment|write a comment|read the comments|read comments|your comments
        kommentare|kommentar schreiben|kommentare anzeigen|# kommentare|commentaires|voir les commentaires
        laisser un commentaire|réagir|# commentaires|comentarios|ver comentarios|# comentarios|deja un comentario
        comentar|comentários|ver comentários|# comentários|deixe um comentário|commenti|# commenti|lascia un commento
        reacties|# reacties|kommentarer|# kommentarer|komentarze|skomentuj|komentáře|komentáre|diskuze|hozzászólások
        комментарии|оставить комментарий|комментировать|коментарі|yorumlar|yorum yap|komentar|bình luận
        تعليقات|التعليقات|أضف تعليق|نظرات|टिप्पणियां|टिप्पणी करें|コメント|コメントする|评论|发表评论|留言|댓글
    """,
    "newsletter": """
        sign up for our newsletter|sign up for our newsletters|sign up for daily newsletters|manage newsletters
        sign up for daily newsletters manage newsletters|subscribe to our newsletter|newsletters
        get our free newsletter|get the newsletter|join our mailing list|enter your email address|your email address
        email address|enter your email|thanks for subscribing|you have successfully subscribed|stay informed
        newsletter abonnieren|jetzt abonnieren|s'inscrire à la newsletter|s'abonner|abonnez-vous|je m'abonne
        suscríbete|suscribirse|suscríbase|suscríbete a nuestro boletín|assine|assine já|assine nossa newsletter
        iscriviti alla newsletter|abbonati|abonneer|abonneer je|prenumerera|abonner|tilaa|prenumeruj|подписаться
        подпишитесь на рассылку|підписатися|abone ol|berlangganan|اشترك|اشترك الآن|ニュースレター登録|订阅|구독하기
    """,
    "ellipsis": """
        […]|[...]|[…
    """,
}

# Whole lines that are furniture at the edges of a text; between its paragraphs they may be a crosshead.
EDGE_LINES = frozenset(
    """
    update|live|exclusive|premium|latest|top|home|search|close|next|previous|more|video|photo|audio|gallery|menu
    follow|watch|save|email|help|breaking news|image|caption|print|register|copied|listen|photos|developing story|faq
    share|mehr|del|jaa|dela|delen|stampa|comments|comment|více|главная|печать|ad|ads|reklama|newsletter
    """.strip()
    .replace("\n", "|")
    .replace(" |", "|")
    .replace("|    ", "|")
    .split("|")
)

# Lines that begin with a known word and are furniture as a whole. reason -> (first words, the rest as a regular
# expression that must reach the end of the line). Matched without case.
FORMS: tuple[tuple[str, str, str], ...] = (
    ("newsletter", "sign signup register", r"(?: ?up)? (?:here |now |today )?(?:for|to|below)\b.{0,90}\b(?:newsletters?|alerts?|updates?|briefings?|inbox|e-?mails?|bulletins?)\b.{0,100}"),
    ("newsletter", "subscribe", r"(?: now| here| today| free)?,? (?:to|for|and get|on)\b.{0,80}\b(?:newsletters?|channel|edition|updates?" r"|podcasts?|magazine|youtube|feed|e-?mails?|alerts?|access|app|content|stories|journalism|news|briefing)\b.{0,80}"),
    ("newsletter", "get receive", r" (?:the|our|all|breaking|latest|daily|more|top|free|this|a|email|news|stories|local|up).{0,90}\b(?:inbox|newsletter|email alerts|to your email|your phone|our app)\b.{0,120}"),
    ("newsletter", "click tap", r" here (?:to|for)\b.{3,120}"),
    ("newsletter", "download", r" (?:our|the) .{0,30}\bapps?\b.{0,90}"),
    ("newsletter", "stay", r" (?:with us for|up to date with|on top of|informed with|connected with)\b.{3,150}"),
    ("newsletter", "want", r" (?:more|the latest|to read|to stay|to get)\b[^?]{0,80}\?.{0,120}"),
    ("newsletter", "by", r" (?:signing up|subscribing|clicking|submitting|registering)\b.{0,60}\b(?:you agree|you accept|agree to)\b.{0,160}"),
    ("newsletter", "support", r" (?:independent|local|quality|our|us|free|trusted)\b.{0,60}\b(?:subscribe|donat\w+|member\w*|contribut\w+|journalism)\b.{0,100}"),
    ("newsletter", "join", r" (?:our|us on|the conversation|thousands|over|more than)\b.{0,60}\b(?:telegram|whatsapp|facebook|twitter|channel|newsletter|group|community|conversation|readers|subscribers)\b.{0,60}"),
    ("newsletter", "abonnieren melden jetzt bestellen", r" .{0,60}\bnewsletter\b.{0,60}"),
    ("newsletter", "abonnez-vous inscrivez-vous recevez s'inscrire", r" .{0,60}\b(?:newsletters?|lettres?|alertes|infolettre|chaîne)\b.{0,60}"),
    ("newsletter", "suscríbete suscríbase recibe reciba regístrate", r" .{0,60}\b(?:newsletters?|boletín|boletines|canal|correo|alertas)\b.{0,60}"),
    ("newsletter", "assine receba inscreva-se cadastre-se siga", r" .{0,60}\b(?:newsletters?|boletim|canal|e-?mail|whatsapp|telegram)\b.{0,60}"),
    ("newsletter", "iscriviti ricevi", r" .{0,60}\b(?:newsletter|canale|notizie)\b.{0,60}"),
    ("newsletter", "подписывайтесь подпишитесь підписуйтесь підпишіться читайте", r",? (?:на|нас|наш).{0,80}\b(?:канал\w*|рассылк\w*|telegram|телеграм\w*|новост\w*|соцсет\w*|viber|facebook)\b.{0,60}"),
    ("newsletter", "تابعوا تابعونا اشتركوا", r" .{0,40}(?:تويتر|فيسبوك|تلغرام|تليجرام|واتساب|إنستغرام|يوتيوب|قناة|قناتنا|النشرة).{0,40}"),
    ("share", "follow like find", r"(?: us| me| our| the author| [\w.'-]+(?: [\w.'-]+){0,3})?(?: \([@\w]+\))?,? (?:on|@) ?(?:twitter|facebook|instagram|x|telegram|whatsapp|google|linkedin|youtube|tiktok|social)(?:[\s,|&·:>()-]*(?:and|or|our|us|on|in|page|pages|channel|the|at|contact|author|media|follow|like|twitter|facebook|instagram|x|telegram|whatsapp|google|news|linkedin|youtube|tiktok|@\w+|\S+\.com\S*))*\)?"),
    ("share", "—— — >>", r" ?(?:>> ?)?follow .{2,60} on twitter.{0,20}"),
    ("share", "share", r"(?: this)?(?: article| story| post| page| on| via| with| to| now)? ?(?:[|:·•-] ?)?(?:(?:on|via|to|by|this|tweet|post|facebook|twitter|x|email|whatsapp|linkedin|reddit|pinterest|tumblr|telegram|flipboard|print|save|copy|link|messenger|more|article|your|friends|family)\b[ |·•,:/-]*)*"),
    ("share", "tweet email facebook twitter whatsapp linkedin listen print save", r"(?:[ |·•,/-]+(?:to|this|article|story|share|tweet|post|email|e-mail|print|save|facebook|twitter|whatsapp|linkedin|reddit|pinterest|tumblr|copy|link|comments?|google\+?|telegram|flipboard|listen|more|x|\d{1,2}(?::\d\d)?)\b\+?)+"),
    ("share", "read", r" or share this story: \S+"),
    ("share", "folgen suivez sigue síguenos siga seguici volg följ", r"(?: sie| nous|-nous| us| a| o| ons| oss| uns|nos)? .{0,40}\b(?:twitter|facebook|instagram|whatsapp|telegram|google news|tiktok|x)\b.{0,40}"),
    ("link", "read see watch listen related more recommended must", r"(?: more| also| next| on| too| now| full story| here| coverage| story| article| articles| stories| topics?| roundups?| video|[- ]read| about this)*(?: here)? ?[:|»›>→] ?.{3,200}"),
    ("link", "read see watch also", r" (?:more|also|next|too|on|read|see|watch) ?[–—-] ?.{3,200}"),
    ("link", "also", r" (?:read|see|watch|on)(?: \w+)? ?[:|»›>–—-] ?.{3,200}"),
    ("link", "lesen mehr siehe weiterlesen", r"(?: sie| auch| dazu| mehr| hier| zum thema| über| das)* ?[:|»›>] ?.{3,200}"),
    ("link", "lire à a voir notre", r"(?:-| )?(?:lire|aussi|également|voir|dossier|sur le même sujet| )+ ?[:|»›>] ?.{3,200}"),
    ("link", "lee lea leer vea", r"(?: también| más| además| aquí)* ?[:|»›>] ?.{3,200}"),
    ("link", "te también puedes le", r"(?: también| puedes?| puede interesar(?:te|le)?| leer| interesar| recomendamos)+ ?[:|»›>] ?.{3,200}"),
    ("link", "leia veja saiba confira relacionada", r"(?: também| mais| aqui| ainda)* ?[:|»›>] ?.{3,200}"),
    ("link", "leggi approfondisci guarda", r"(?: anche| tutto| di più| qui)* ?[:|»›>] ?.{3,200}"),
    ("link", "lees läs les læs lue", r"(?: ook| meer| också| mer| mere| også| hele| myös| lisää)+ ?[:|»›>] ?.{3,200}"),
    ("link", "czytaj zobacz čtěte přečtěte čítajte prečítajte olvassa olvasd citește citeşte vezi pročitajte прочетете", r"(?: też| także| również| więcej| taky| také| též| si| i| el| még| és| mai mult| aj| tiež| još| още| и)+ ?[:|»›>] ?.{3,200}"),
    ("link", "читайте читати смотрите также читай дивіться", r"(?: также| также:| також| больше| ещё| еще| по теме| на| нас|:)+ ?.{0,4}[:|»›>] ?.{3,200}"),
    ("link", "baca simak lihat", r"(?: juga| selengkapnya)+ ?[:|»›>]? ?.{3,200}"),
    ("link", "xem đọc", r" (?:thêm|tiếp) ?[:|»›>] ?.{3,200}"),
    ("link", "ayrıca ilgili ilginizi", r"(?: oku| okuyun| haber| haberler| çekebilir| bakınız)+ ?[:|»›>] ?.{3,200}"),
    ("link", "اقرأ إقرأ اقرئي إقرئي شاهد طالع للمزيد بیشتر همچنین", r"(?: أيضا| أيضاً| ايضا| ايضاً| المزيد| أيضًا| بخوانید| بخوانید)*:? ?.{0,3}[:|»›>] ?.{3,200}"),
    ("link", "यह ये इसे", r" भी (?:पढ़ें|पढ़ें|देखें) ?[:|»›>–-] ?.{3,200}"),
    ("link", "আরও আরো", r" পড়ুন ?[:|»›>–-] ?.{3,200}"),
    ("link", "next previous up", r"(?: up| next| article| story| post)+ ?[:»›>] ?.{3,160}"),
    ("link", "show", r" (?:this article|more from).{0,60}"),
    ("link", "the", r" post .{3,200} (?:appeared first on|first appeared on) .{2,80}"),
    ("link", "story", r" continues below\b.{0,60}"),
    ("link", "for", r" (?:full|more|complete) (?:coverage|stories|news|articles)\b.{0,60}\b(?:visit|click|go to|follow|check|see)\b.{0,160}"),
    ("link", "have", r" (?:a |an )?(?:news )?(?:tip|story idea|something to|question|comment)\b[^.?]{0,60}\?.{0,120}"),
    ("link", "contact write", r" (?:the (?:author|reporter|writer|newsroom)|to [\w .,'-]{2,80}?|us|[\w .'-]{2,40}) (?:at|via|on):? [^\s@]+@\S+.{0,200}"),
    ("link", "reach", r" (?:the )?(?:[\w.'-]+ ){1,4}at .{0,60}@\S+.{0,60}"),
    ("copyright", "copyright", r" ?(?:\(c\)|©|\d{4}|by\b|:|,).{0,300}"),
    ("copyright", "(c", r"\) ?(?:copyright )?(?:\d{4}|thomson|reuters|ap\b|afp\b|dpa\b).{0,200}"),
    ("copyright", "all", r" (?:rights reserved|contents? (?:©|copyright)).{0,260}"),
    ("copyright", "© ©️", r".{2,260}"),
    ("copyright", "this", r" (?:material|content|document|report|article|story) (?:may not be|cannot be|must not be|is protected by|is subject to) (?:published|reproduced|republished|broadcast|copied|used|redistributed|copyright|reprinted)\b.{0,300}"),
    ("copyright", "alle tous todos tutti alla всі все", r" .{0,40}(?:vorbehalten|réservés|reservados|riservati|förbehållna|rettigheter|захищен\w+|защищен\w+)\b.{0,120}"),
    ("copyright", "reproducción reprodução riproduzione перепечатка копирование использование", r" .{0,100}(?:prohibida|proibida|riservata|vietata|запрещ\w+|допускается|разреш\w+).{0,100}"),
    ("copyright", "our", r" standards: ?the thomson reuters trust principles.{0,40}"),
    ("copyright", "unsere", r" werte: ?die thomson-reuters-.{0,60}"),
    ("copyright", "nuestros nossos", r" (?:estándares|padrões): ?.{0,80}thomson reuters.{0,40}"),
    ("cookies", "this our we", r"(?: (?:web)?(?:site|page|portal|app)\b.{0,60}| and our .{0,60}| (?:may )?uses?(?: \w+)?) cookies?\b.{0,300}"),
    ("cookies", "diese wir", r" (?:(?:web)?(?:seite|site) )?(?:verwendet|verwenden|nutzt|nutzen|setzt|setzen)\b.{0,30}cookies\b.{0,300}"),
    ("cookies", "ce nous en", r" (?:site|utilisons|poursuivant|continuant)\b.{0,60}\bcookies\b.{0,300}"),
    ("cookies", "este esta utilizamos usamos questo", r"(?: (?:sitio|site|sito|página|web)\b.{0,40})? cookies?\b.{0,300}"),
    ("cookies", "cookies cookie", r" (?:policy|settings|preferences|consent)\b.{0,60}"),
    ("comments", "leave", r" a (?:reply|comment)\b.{0,160}"),
    ("comments", "your", r" (?:email|e-mail) address will not be published.{0,120}"),
    ("comments", "required", r" fields are marked.{0,20}"),
    ("comments", "notify save", r" (?:me of (?:new|follow)|my name, e-?mail)\b.{0,120}"),
    ("disclaimer", "the", r" (?:views|opinions)(?: and (?:views|opinions))? (?:expressed|contained)\b.{0,90}\b(?:do not necessarily|are not necessarily|are those of|are (?:his|her|their) own)\b.{0,200}"),
    ("disclaimer", "disclaimer", r"[:\s].{3,300}"),
    ("disclaimer", "with", r" the exception .{0,120}\b(?:not been edited|syndicated feed)\b.{0,120}"),
    ("disclaimer", "with", r" (?:agency|additional )?inputs?(?: from)? ?(?:the )?(?:pti|ians|ani|agenc\w+|reuters|afp|ap|bureau|wires?)?(?:(?:,| and|/|&) ?(?:pti|ians|ani|agenc\w+|reuters|afp|ap|bureau\w*|wires?))*"),
    ("disclaimer", "(with", r" (?:inputs?|files|agency|additional) .{0,100}\)"),
    ("disclaimer", "(this this", r" (?:story|article|report|copy|news)\b.{0,40}\b(?:not been edited|auto-generated|generated by|unedited)\b.{0,260}"),
    ("disclaimer", "(except", r" for the headline.{0,160}"),
    ("disclaimer", "published", r" by [\w .]+\. this (?:is|article).{0,160}"),
    ("photo", "photo photos image images picture pictures foto fotos bild bilder imagen imagem crédit credit credits credito crédito фото (photo [photo (image [image (foto (picture (credit (photos [photos [фото (фото", r"(?: by| credits?| courtesy(?: of)?| source| via| illustration)?(?::|/ ?) ?[^“\"]{2,160}"),
    ("photo", "photo image photos (photo [photo (image [image (photos", r" (?:by|courtesy(?: of)?|credit|via) [^.!?]{2,80}[)\]]?"),
    ("photo", "file", r"(?: photo)?(?: ?[:–—-] ).{2,700}"),
    ("photo", "(ap (afp (reuters (getty (dpa (epa ap afp", r" ?(?:photo|images?|photos)? ?(?:/| photo[/: ]) ?[^.]{2,80}"),
    ("source", "source sources quelle quellen fuente fonte источник джерело źródło zdroj kaynak sumber (source (quelle", r": ?[^.!?]{2,60}\)?"),
    ("tags", "tags tag topics topic filed keywords categories category schlagworte themen mots-clés étiquettes etiquetas temas tagi štítky теги теми метки etiketler الوسوم كلمات", r"(?: under| in| for this article| mots-clés| relacionados| دلالية)?: ?.{2,300}"),
)

# Only at the edges of a text, before its first or after its last full paragraph.
EDGE_FORMS: tuple[tuple[str, str, str], ...] = (
    ("date", "posted published updated last first modified", r"(?: (?:updated|modified|published|posted))?(?: ?:| on| at)? ?(?:[^\W\d_]{3,9}[ .,]{1,2}){0,2}\d[^.]{0,70}"),
    ("date", "veröffentlicht stand aktualisiert publié mis modifié publicado actualizado atualizado pubblicato aggiornato gepubliceerd publicerad uppdaterad publisert julkaistu opublikowano publikováno publikované közzétéve publicat опубликовано обновлено опубліковано yayınlanma güncelleme dipublikasikan", r"(?: à jour)?[: ].{0,20}\d[^!?]{0,50}"),
    ("date", "estimated reading", r" (?:reading |read )?time:? ?\d+ .{0,20}"),
    ("tags", "posted filed", r" (?:in|under)[: ][^.]{2,60}"),
    ("link", "this", r" (?:article|story|post|piece|report) (?:was )?(?:originally |first )?(?:appeared|published)(?: first)? (?:on|in|at|by) .{2,100}"),
    ("breadcrumb", "home startseite accueil inicio início главная anasayfa beranda", r" ?[>»›/|] ?.{2,120}"),
    ("share", "post", r"(?: (?:share|tweet|email|print|comments?))*"),
    ("advertisement", "subscribe", r".{0,80}"),
    ("link", "watch video photos gallery slideshow", r": .{3,160}"),
    ("about", "about", r" (?:the author|us|this site|this author)\b.{0,200}"),
)


# Headers after which titles of other articles stand, folded.
LISTS = frozenset(
    one
    for row in """
        related posts|related stories|related articles|related coverage|related content|related news|related topics|related
        related links|related reading|related post|related story|related article|you may also like|you might also like
        you might like|you may like|you may also be interested in|more stories|more news|more stories like this|more on this
        more on this story|more on this topic|more for you|more headlines|more like this|most popular|most read|most viewed
        most recent|most shared|most commented|popular|popular posts|popular stories|popular now|trending|trending now
        trending stories|trending news|trending topics|recommended|recommended for you|recommended stories|recommended articles
        recommended reading|recommended by|read also|also read|read next|up next|what to read next|see also|also see
        latest news|latest stories|latest headlines|latest posts|latest|top stories|top news|top headlines|headlines
        don't miss|don't miss these|editor's picks|editors' picks|editor's choice|must read|must reads|in case you missed it
        from around the web|around the web|from the web|sponsored stories|promoted stories|you'll also like|recent posts
        recent stories|recent news|recent articles|similar articles|similar stories|keep reading|next stories|explore more
        more from our partners|in other news|other stories|other news|what others are reading|readers also liked|suggested
        suggested articles|discover more|more to read|more to explore|further reading|related video|related videos
        das könnte sie auch interessieren|das könnte dich auch interessieren|mehr zum thema|auch interessant|verwandte artikel
        lesen sie auch|weitere artikel|ähnliche artikel|meistgelesen|meist gelesen|neueste artikel|weitere meldungen|mehr aus
        articles similaires|sur le même sujet|à lire aussi|a lire aussi|lire aussi|à lire également|les plus lus|les plus lues
        articles liés|à découvrir|plus d'articles|vous aimerez aussi|vous aimerez peut-être|à la une|dans la même rubrique
        noticias relacionadas|artículos relacionados|te puede interesar|le puede interesar|también te puede interesar
        lo más leído|lo más visto|más noticias|más leídas|más información|relacionados|relacionadas|ver también|lea también
        lee también|últimas noticias|otras noticias|te recomendamos|le recomendamos|leia também|veja também|mais lidas
        notícias relacionadas|artigos relacionados|mais notícias|últimas notícias|mais lidos|recomendados|relacionado
        leggi anche|articoli correlati|potrebbe interessarti|potrebbe interessarti anche|potrebbero interessarti|i più letti
        ultime notizie|altre notizie|correlati|lees ook|gerelateerde artikelen|meest gelezen|meer nieuws|läs också|läs även
        mest läst|relaterade artiklar|les også|mest lest|læs også|mest læste|lue myös|luetuimmat|czytaj też|czytaj także
        zobacz też|zobacz także|zobacz również|najczęściej czytane|powiązane artykuły|polecane|čtěte také|čtěte též
        přečtěte si také|nejčtenější|související články|mohlo by vás zajímat|čítajte aj|prečítajte si aj|najčítanejšie
        súvisiace články|kapcsolódó cikkek|ajánlott cikkek|legolvasottabb|ez is érdekelheti|citește și|citeşte şi
        articole similare|știri similare|cele mai citite|te-ar putea interesa|читайте также|по теме|материалы по теме
        похожие новости|другие новости|самое читаемое|популярное|новости по теме|смотрите также|последние новости|ещё по теме
        читайте також|за темою|схожі новини|інші новини|популярні новини|прочетете още|най-четени|свързани статии|още по темата
        pročitajte i|pročitajte još|povezane vijesti|najčitanije|повезане вести|ilgili haberler|benzer haberler|diğer haberler
        bunlar da ilginizi çekebilir|en çok okunanlar|son haberler|berita terkait|baca juga|artikel terkait|berita lainnya
        terpopuler|tin liên quan|tin cùng chuyên mục|đọc nhiều|tin khác|bài viết liên quan|اقرأ أيضا|إقرأ أيضا|اقرأ أيضاً
        إقرأ أيضاً|مواضيع ذات صلة|أخبار ذات صلة|مقالات ذات صلة|الأكثر قراءة|قد يعجبك أيضا|قد يهمك أيضا|يهمك ايضا|المزيد من الأخبار
        مطالب مرتبط|اخبار مرتبط|پربازدیدترین|یہ بھی پڑھیں|متعلقہ خبریں|यह भी पढ़ें|ये भी पढ़ें|संबंधित खबरें|सम्बंधित खबरें|और खबरें
        আরও পড়ুন|সম্পর্কিত খবর|সর্বশেষ|関連記事|関連ニュース|あわせて読みたい|おすすめ記事|人気記事|アクセスランキング|ランキング|関連リンク
        相关阅读|相关新闻|相关报道|相关文章|延伸阅读|推荐阅读|热门新闻|更多新闻|為你推薦|延伸閱讀|相關新聞|相關文章|熱門新聞|猜你喜欢
        관련기사|관련 기사|관련뉴스|많이 본 뉴스|많이 본 기사|추천 기사|이 시각 주요뉴스|함께 본 뉴스|ข่าวที่เกี่ยวข้อง|ข่าวยอดนิยม
        σχετικά άρθρα|διαβάστε επίσης|διαβάστε ακόμα|δημοφιλή|כתבות נוספות|עוד בנושא|habari zinazohusiana|articles relacionats
    """.strip().split("\n")
    for one in row.strip().split("|")
)
