"""One report in twelve languages, written for these tests, and what makes another report of it: a form filled anew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    language: str
    title: str
    sentences: tuple[str, ...]
    anew: tuple[tuple[str, str], ...]  # replacements that make it the report of another town and day

    @property
    def text(self) -> str:
        return "\n\n".join(self.sentences)

    @property
    def other_title(self) -> str:
        return self._filled(self.title)

    @property
    def other_text(self) -> str:
        return self._filled(self.text)

    def _filled(self, text: str) -> str:
        for old, new in self.anew:
            text = text.replace(old, new)
        return text


REPORTS = (
    Report(
        "en",
        "River bursts its banks in Ashby after night of rain",
        (
            "The river Soar burst its banks in Ashby early on Monday after 94 millimetres of rain fell in nine hours.",
            "Firefighters brought 213 people out of the lower town by boat, the mayor, Helen Marsh, told reporters.",
            "She said that nobody had been hurt, but that 1,460 households would be without power until Thursday.",
            "The school in Mill Lane was opened as a shelter, and the railway to Derby stayed closed at kilometre 38.",
            "Forecasters expect the water to fall by 60 centimetres before the evening, and more rain from Friday.",
        ),
        (("Soar", "Wreake"), ("Ashby", "Melton"), ("Monday", "Tuesday"), ("94", "71"), ("nine", "six"), ("213", "87"),
         ("Helen Marsh", "Owen Pike"), ("1,460", "930"), ("Mill Lane", "Cross Street"), ("Derby", "Leicester"), ("38", "12"),
         ("60", "45"), ("She", "He"), ("Thursday", "Saturday"), ("Friday", "Sunday")),
    ),
    Report(
        "de",
        "Fluss tritt nach Regennacht in Altenau über die Ufer",
        (
            "Die Oker ist am frühen Montag in Altenau über die Ufer getreten, nachdem in neun Stunden 94 Millimeter Regen gefallen waren.",
            "Die Feuerwehr holte 213 Menschen mit Booten aus der Unterstadt, wie Bürgermeisterin Helga Marx vor Journalisten sagte.",
            "Verletzt worden sei niemand, doch blieben 1.460 Haushalte bis Donnerstag ohne Strom.",
            "Die Schule in der Mühlgasse wurde als Notunterkunft geöffnet, und die Bahnstrecke nach Goslar blieb bei Kilometer 38 gesperrt.",
            "Der Wetterdienst erwartet, dass das Wasser bis zum Abend um 60 Zentimeter fällt und ab Freitag neuer Regen kommt.",
        ),
        (("Oker", "Innerste"), ("Altenau", "Lautenthal"), ("Montag", "Dienstag"), ("neun", "sechs"), ("94", "71"), ("213", "87"),
         ("Bürgermeisterin Helga Marx", "Bürgermeister Otto Pohl"), ("1.460", "930"), ("Mühlgasse", "Kreuzstraße"),
         ("Goslar", "Seesen"), ("38", "12"), ("60", "45"), ("Donnerstag", "Samstag"), ("Freitag", "Sonntag")),
    ),
    Report(
        "fr",
        "La rivière déborde à Vernay après une nuit de pluie",
        (
            "La Brenne est sortie de son lit lundi à l’aube à Vernay après 94 millimètres de pluie tombés en neuf heures.",
            "Les pompiers ont évacué 213 personnes de la ville basse en barque, a déclaré la maire, Hélène Marchand, à la presse.",
            "Personne n’a été blessé, mais 1 460 foyers resteront privés d’électricité jusqu’à jeudi, a-t-elle ajouté.",
            "L’école de la rue du Moulin a été ouverte aux sinistrés, et la voie ferrée vers Dijon est restée coupée au kilomètre 38.",
            "Les prévisionnistes attendent une baisse de 60 centimètres avant le soir et de nouvelles pluies dès vendredi.",
        ),
        (("Brenne", "Cozanne"), ("Vernay", "Chagny"), ("lundi", "mardi"), ("94", "71"), ("neuf", "six"), ("213", "87"),
         ("Hélène Marchand", "Odile Perrot"), ("1 460", "930"), ("Moulin", "Calvaire"), ("Dijon", "Beaune"), ("38", "12"),
         ("60", "45"), ("jeudi", "samedi"), ("vendredi", "dimanche")),
    ),
    Report(
        "es",
        "El río se desborda en Villar tras una noche de lluvia",
        (
            "El río Esla se desbordó en Villar en la madrugada del lunes después de que cayeran 94 milímetros de lluvia en nueve horas.",
            "Los bomberos sacaron en barca a 213 personas de la parte baja, dijo a la prensa la alcaldesa, Elena Marcos.",
            "Nadie resultó herido, pero 1.460 hogares seguirán sin luz hasta el jueves, añadió.",
            "La escuela de la calle del Molino se abrió como refugio, y la vía férrea a León siguió cortada en el kilómetro 38.",
            "Los meteorólogos esperan que el agua baje 60 centímetros antes de la noche y que vuelva a llover desde el viernes.",
        ),
        (("Esla", "Cea"), ("Villar", "Sahagún"), ("lunes", "martes"), ("94", "71"), ("nueve", "seis"), ("213", "87"),
         ("Elena Marcos", "Olga Prieto"), ("1.460", "930"), ("Molino", "Calvario"), ("León", "Palencia"), ("38", "12"),
         ("60", "45"), ("jueves", "sábado"), ("viernes", "domingo")),
    ),
    Report(
        "ru",
        "Река вышла из берегов в Заречье после ночного ливня",
        (
            "Река Уфтюга вышла из берегов в Заречье ранним утром в понедельник после того, как за девять часов выпало 94 миллиметра осадков.",
            "Пожарные вывезли на лодках 213 человек из нижней части города, сообщила журналистам мэр Елена Маркова.",
            "По ее словам, никто не пострадал, но 1460 домов останутся без света до четверга.",
            "Школу на Мельничной улице открыли для пострадавших, а железная дорога на Вологду осталась закрытой на 38-м километре.",
            "Синоптики ожидают, что к вечеру вода спадет на 60 сантиметров, а с пятницы снова пойдут дожди.",
        ),
        (("Уфтюга", "Кубена"), ("Заречье", "Усть-Реке"), ("понедельник", "вторник"), ("девять", "шесть"), ("94", "71"),
         ("213", "87"), ("Елена Маркова", "Ольга Петрова"), ("1460", "930"), ("Мельничной", "Крестовой"),
         ("Вологду", "Архангельск"), ("38", "12"), ("60", "45"), ("четверга", "субботы"), ("пятницы", "воскресенья")),
    ),
    Report(
        "ar",
        "النهر يفيض في الزهراء بعد ليلة من الأمطار",
        (
            "فاض نهر الوادي الكبير في بلدة الزهراء فجر الاثنين بعد هطول ٩٤ ملم من الأمطار خلال تسع ساعات.",
            "وأجلى رجال الإطفاء ٢١٣ شخصا من الحي السفلي بالقوارب، بحسب ما قالت رئيسة البلدية هالة مراد للصحفيين.",
            "وأضافت أن أحدا لم يصب بأذى، لكن ١٤٦٠ منزلا ستبقى بلا كهرباء حتى يوم الخميس.",
            "وفتحت المدرسة في شارع الطاحونة أبوابها للمتضررين، وبقيت سكة الحديد إلى العاصمة مغلقة عند الكيلومتر ٣٨.",
            "ويتوقع خبراء الأرصاد أن ينخفض منسوب المياه ٦٠ سنتيمترا قبل المساء، وأن تعود الأمطار يوم الجمعة.",
        ),
        (("الوادي الكبير", "العاصي"), ("الزهراء", "الرستن"), ("الاثنين", "الثلاثاء"), ("٩٤", "٧١"), ("تسع", "ست"), ("٢١٣", "٨٧"),
         ("هالة مراد", "ليلى خوري"), ("١٤٦٠", "٩٣٠"), ("الطاحونة", "الكنيسة"), ("العاصمة", "الساحل"), ("٣٨", "١٢"), ("٦٠", "٤٥"),
         ("الخميس", "السبت"), ("الجمعة", "الأحد")),
    ),
    Report(
        "hi",
        "रात भर की बारिश के बाद रामपुर में नदी उफान पर",
        (
            "नौ घंटे में 94 मिलीमीटर बारिश के बाद सोमवार तड़के रामपुर में कोसी नदी का पानी किनारे तोड़कर बाहर आ गया।",
            "दमकल कर्मियों ने निचले मोहल्लों से 213 लोगों को नावों से निकाला, महापौर हेमा मिश्रा ने पत्रकारों को बताया।",
            "उन्होंने कहा कि कोई घायल नहीं हुआ, लेकिन 1460 घरों में गुरुवार तक बिजली नहीं रहेगी।",
            "चक्की गली के स्कूल में राहत शिविर खोला गया, और मुरादाबाद जाने वाली रेल लाइन 38वें किलोमीटर पर बंद रही।",
            "मौसम विभाग को उम्मीद है कि शाम तक पानी 60 सेंटीमीटर घटेगा और शुक्रवार से फिर बारिश होगी।",
        ),
        (("नौ", "छह"), ("94", "71"), ("सोमवार", "मंगलवार"), ("रामपुर", "सहरसा"), ("कोसी", "बागमती"), ("213", "87"),
         ("हेमा मिश्रा", "अनिल पाठक"), ("1460", "930"), ("गुरुवार", "शनिवार"), ("चक्की", "मंदिर"), ("मुरादाबाद", "पटना"),
         ("38", "12"), ("60", "45"), ("शुक्रवार", "रविवार")),
    ),
    Report(
        "zh",
        "清河一夜暴雨后河水漫堤",
        (
            "清河镇星期一凌晨在九小时内降雨94毫米，柳江河水漫过堤岸，淹没了低洼街区。",
            "镇长何美玲对记者说，消防员用小船从下城转移了213名居民，目前没有人受伤。",
            "她说，全镇有1460户家庭停电，供电要到星期四才能恢复，自来水则没有受到影响。",
            "磨坊街的小学已经开放作为临时安置点，通往桂林的铁路在38公里处仍然中断。",
            "气象部门预计，到傍晚水位将下降60厘米，星期五起还会有新的降雨。",
        ),
        (("清河", "石桥"), ("星期一", "星期二"), ("九小时", "六小时"), ("94", "71"), ("柳江", "浔江"), ("何美玲", "潘志国"), ("213", "87"),
         ("1460", "930"), ("磨坊", "十字"), ("桂林", "梧州"), ("38", "12"), ("60", "45"), ("她", "他"), ("星期四", "星期六"), ("星期五", "星期日")),
    ),
    Report(
        "ja",
        "夜通しの雨で清水町の川が氾濫",
        (
            "月曜日の未明、9時間に94ミリの雨が降った清水町で狩野川があふれ、低い土地の住宅が水につかった。",
            "町長の浜田恵子さんは記者団に対し、消防隊がボートで下町の住民213人を救出し、けが人はいないと述べた。",
            "町内では1460世帯が停電しており、復旧は木曜日になる見通しだという。",
            "水車通りの小学校が避難所として開かれ、三島へ向かう鉄道は38キロ地点で不通が続いている。",
            "気象台は、夕方までに水位が60センチ下がるものの、金曜日から再び雨になるとみている。",
        ),
        (("月曜日", "火曜日"), ("9時間", "6時間"), ("94", "71"), ("清水", "大仁"), ("狩野川", "安倍川"), ("浜田恵子", "小川正夫"), ("213", "87"),
         ("1460", "930"), ("木曜日", "土曜日"), ("水車", "十字"), ("三島", "静岡"), ("38", "12"), ("60", "45"), ("金曜日", "日曜日")),
    ),
    Report(
        "ko",
        "밤샘 폭우로 청산읍 하천 범람",
        (
            "월요일 새벽 아홉 시간 동안 94밀리미터의 비가 내린 청산읍에서 보청천이 넘쳐 저지대 주택이 물에 잠겼다.",
            "한미영 읍장은 소방대가 보트로 아랫마을 주민 213명을 구조했으며 다친 사람은 없다고 기자들에게 말했다.",
            "읍내 1460가구는 목요일까지 전기 없이 지내야 한다고 그는 덧붙였다.",
            "물방아길의 초등학교가 대피소로 문을 열었고 대전으로 가는 철도는 38킬로미터 지점에서 끊긴 상태다.",
            "기상청은 저녁까지 수위가 60센티미터 내려가고 금요일부터 다시 비가 올 것으로 내다봤다.",
        ),
        (("월요일", "화요일"), ("아홉", "여섯"), ("94", "71"), ("청산읍", "안내면"), ("보청천", "금강"), ("한미영", "오준호"), ("읍장", "면장"),
         ("213", "87"), ("읍내", "면내"), ("1460", "930"), ("목요일", "토요일"), ("물방아길", "십자길"), ("대전", "옥천"), ("38", "12"), ("60", "45"),
         ("금요일", "일요일")),
    ),
    Report(
        "th",
        "แม่น้ำล้นตลิ่งที่บ้านสวนหลังฝนตกทั้งคืน",
        (
            "แม่น้ำยมล้นตลิ่งที่ตำบลบ้านสวนเมื่อเช้ามืดวันจันทร์ หลังฝนตก 94 มิลลิเมตรภายในเก้าชั่วโมง",
            "นายกเทศมนตรีหทัย มาลี บอกผู้สื่อข่าวว่าเจ้าหน้าที่ดับเพลิงใช้เรือช่วยประชาชน 213 คนออกจากเขตเมืองล่าง",
            "เธอกล่าวว่าไม่มีผู้บาดเจ็บ แต่บ้านเรือน 1460 หลังจะไม่มีไฟฟ้าใช้จนถึงวันพฤหัสบดี",
            "โรงเรียนบนถนนโรงสีเปิดเป็นที่พักพิง และทางรถไฟไปพิษณุโลกยังปิดอยู่ที่กิโลเมตรที่ 38",
            "กรมอุตุนิยมวิทยาคาดว่าน้ำจะลดลง 60 เซนติเมตรก่อนค่ำ และฝนจะกลับมาตั้งแต่วันศุกร์",
        ),
        (("ยม", "น่าน"), ("บ้านสวน", "ท่าพล"), ("จันทร์", "อังคาร"), ("94", "71"), ("เก้า", "หก"), ("หทัย มาลี", "สมชาย ใจดี"), ("213", "87"),
         ("เธอ", "เขา"), ("1460", "930"), ("พฤหัสบดี", "เสาร์"), ("โรงสี", "วัดใหม่"), ("พิษณุโลก", "อุตรดิตถ์"), ("38", "12"), ("60", "45"),
         ("ศุกร์", "อาทิตย์")),
    ),
    Report(
        "tr",
        "Gece yağan yağmurun ardından Akçay'da dere taştı",
        (
            "Akçay'da pazartesi sabaha karşı dokuz saatte 94 milimetre yağmur düşmesinin ardından Sarısu deresi taştı.",
            "Belediye Başkanı Hale Mert gazetecilere, itfaiyenin aşağı mahalleden 213 kişiyi botlarla çıkardığını söyledi.",
            "Mert, yaralanan olmadığını ancak 1.460 hanenin perşembeye kadar elektriksiz kalacağını belirtti.",
            "Değirmen Sokağı'ndaki okul barınak olarak açıldı, İzmir demiryolu ise 38. kilometrede kapalı kaldı.",
            "Meteoroloji, suyun akşama kadar 60 santimetre alçalmasını ve cumadan itibaren yeniden yağmur bekliyor.",
        ),
        (("Akçay", "Edremit"), ("pazartesi", "salı"), ("dokuz", "altı"), ("94", "71"), ("Sarısu", "Karaçay"), ("Hale Mert", "Cem Pekin"),
         ("Mert", "Pekin"), ("213", "87"), ("1.460", "930"), ("perşembe", "cumartesi"), ("Değirmen", "Çarşı"), ("İzmir", "Bursa"),
         ("38", "12"), ("60", "45"), ("cumadan", "pazardan")),
    ),
)  # fmt: skip
