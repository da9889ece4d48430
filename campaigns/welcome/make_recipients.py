#!/usr/bin/env python3
"""Makes the sample list: recipients.csv and suppress.csv, the same ones every time.

Every domain lies under a reserved name (RFC 2606), so none of these people can exist. In the
sandbox a word in the domain decides how its mail server behaves: `grey-lyon.example` greylists,
`flaky-minsk.example` drops connections, and so on. Run it in this folder; it needs nothing but
Python.
"""

import csv
import random

RECIPIENTS = 2400
DOMAINS = [  # (domain, its share of the list): a few large ones and a long tail
    ("plain-tokyo.example", 420),
    ("tls-osaka.example", 330),
    ("strict-london.example", 250),
    ("batch-berlin.example", 200),
    ("grey-lyon.example", 150),
    ("limit-seoul.example", 140),
    ("plain-paris.example", 110),
    ("letters.tls-osaka.example", 90),
    ("flaky-minsk.example", 80),
    ("slow-oslo.example", 60),
    ("tls-athens.example", 60),
    ("plain-cairo.example", 55),
    ("strict-rome.example", 50),
    ("plain-日本.example", 45),
    ("grey-lisbon.example", 40),
    ("batch-vienna.example", 35),
    ("tls-münchen.example", 32),
    ("plain-sofia.test", 28),
    ("limit-busan.example", 25),
    ("mail.plain-paris.example", 22),
    ("tls-madrid.test", 20),
    ("plain-почта.example", 18),
    ("nomx-reykjavik.example", 16),
    ("slow-lima.example", 14),
    ("strict-dublin.test", 13),
    ("flaky-quito.example", 12),
    ("grey-zagreb.test", 11),
    ("tls-prague.example", 10),
    ("plain-hanoi.example", 10),
    ("batch-turin.test", 9),
    ("nomx-tunis.test", 8),
    ("plain-bogota.test", 8),
    ("gone-atlantis.example", 7),
    ("nullmx-utopia.example", 6),
    ("gone-lemuria.test", 4),
    ("nullmx-erewhon.test", 4),
]

# Per language: given names with the form they take in an address, family names, cities, and
# whether the family name comes first.
PEOPLE = {
    "ja": (
        [("雪", "yuki"), ("健太", "kenta"), ("さくら", "sakura"), ("翔", "sho"), ("美咲", "misaki"),
         ("大輔", "daisuke"), ("陽子", "yoko"), ("髙志", "takashi")],
        [("山田", "yamada"), ("佐藤", "sato"), ("鈴木", "suzuki"), ("髙橋", "takahashi"), ("渡邉", "watanabe")],
        ["東京", "大阪", "京都", "札幌", "福岡"], True),
    "ko": (
        [("지우", "jiwoo"), ("민준", "minjun"), ("서연", "seoyeon"), ("하은", "haeun"), ("도윤", "doyun")],
        [("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("정", "jung")],
        ["서울", "부산", "대구", "인천"], True),
    "ar": (
        [("ليلى", "layla"), ("أحمد", "ahmad"), ("فاطمة", "fatima"), ("عمر", "omar"), ("نور", "nour")],
        [("حسن", "hassan"), ("المصري", "almasri"), ("خليل", "khalil"), ("منصور", "mansour")],
        ["القاهرة", "بيروت", "عمّان", "تونس"], False),
    "ru": (
        [("Анна", "anna"), ("Дмитрий", "dmitri"), ("Ольга", "olga"), ("Сергей", "sergei"), ("Татьяна", "tatiana")],
        [("Шевченко", "shevchenko"), ("Черных", "chernykh"), ("Живаго", "zhivago"), ("Коваль", "koval")],
        ["Москва", "Минск", "София", "Казань"], False),
    "el": (
        [("Ελένη", "eleni"), ("Γιώργος", "giorgos"), ("Μαρία", "maria"), ("Νίκος", "nikos")],
        [("Παπανικολάου", "papanikolaou"), ("Γεωργίου", "georgiou"), ("Χριστοδούλου", "christodoulou")],
        ["Αθήνα", "Θεσσαλονίκη", "Πάτρα"], False),
    "fr": (
        [("Zoé", "zoe"), ("François", "francois"), ("Anaïs", "anais"), ("Jérôme", "jerome"), ("Chloé", "chloe")],
        [("Lefèvre", "lefevre"), ("Dupont", "dupont"), ("Nguyễn", "nguyen"), ("Müller", "muller"), ("d'Été", "dete")],
        ["Paris", "Lyon", "Orléans", "Besançon"], False),
    "pl": (
        [("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Żaneta", "zaneta"), ("Jiří", "jiri")],
        [("Wójcik", "wojcik"), ("Zając", "zajac"), ("Kowalczyk", "kowalczyk"), ("Güneş", "gunes")],
        ["Kraków", "Gdańsk", "Praha", "İzmir"], False),
    "es": (
        [("Íñigo", "inigo"), ("Lucía", "lucia"), ("João", "joao"), ("Ñusta", "nusta"), ("Renée", "renee")],
        [("García", "garcia"), ("Muñoz", "munoz"), ("Araújo", "araujo"), ("Peña", "pena")],
        ["Málaga", "São Paulo", "Bogotá", "A Coruña"], False),
    "en": (
        [("Ann", "ann"), ("James", "james"), ("Siobhán", "siobhan"), ("Maya 🌻", "maya"), ("Oliver", "oliver"),
         ("Priya", "priya"), ("Zoë \"Zed\"", "zed")],
        [("O'Brien", "obrien"), ("Smith", "smith"), ("Okafor", "okafor"), ("Smith, Jr.", "smith"), ("Patel", "patel")],
        ["London", "Dublin", "Lagos", "New York, NY"], False),
}
WEIGHTS = {"ja": 30, "en": 22, "fr": 10, "ko": 9, "es": 9, "ru": 7, "pl": 5, "ar": 5, "el": 3}

INVALID = ["no-at-sign.example", "two@@plain-paris.example", "@plain-paris.example", "ann@",
           "ann smith@plain-paris.example", "ann@plain paris.example", "ann@-plain.example", "n/a"]
# Mailboxes that are gone, full, or closed to us: the local part says which.
STRICT = {"strict-london.example": 31, "strict-rome.example": 9, "strict-dublin.test": 3}
SUPPRESSED = 14
DUPLICATES = 12


def people(dice):
    """An endless row of people: name, the left side of an address, city, language."""
    languages, weights = list(WEIGHTS), list(WEIGHTS.values())
    while True:
        language = dice.choices(languages, weights)[0]
        given_names, family_names, cities, family_first = PEOPLE[language]
        (given, g), (family, f) = dice.choice(given_names), dice.choice(family_names)
        name = f"{family} {given}" if family_first else f"{given} {family}"
        shape = dice.choice(["{g}.{f}", "{f}.{g}", "{g}{f}", "{g}_{f}", "{g}"])
        yield name, shape.format(g=g, f=f), dice.choice(cities), language


def spread(dice, count):
    """`count` domains in the proportions of DOMAINS, each of them at least once, shuffled."""
    total = sum(share for _, share in DOMAINS)
    drawn = [domain for domain, share in DOMAINS for _ in range(max(1, share * count // total))]
    drawn += dice.choices(*zip(*DOMAINS), k=max(0, count - len(drawn)))
    dice.shuffle(drawn)
    return drawn[:count]


def rows(dice):
    """All rows in order, and the addresses to suppress."""
    someone, seen, made = people(dice), set(), []
    for domain in spread(dice, RECIPIENTS - len(INVALID) - DUPLICATES):
        name, local, city, language = next(someone)
        base, number = local, 1
        while (local, domain) in seen:
            number += 1
            local = f"{base}{number}"
        seen.add((local, domain))
        if dice.random() < 0.04:
            name = ""
        plan = dice.choices(["free", "plus", "team"], [70, 25, 5])[0]
        joined = f"{dice.randint(2019, 2026)}-{dice.randint(1, 9):02}-{dice.randint(1, 28):02}"
        made.append([f"{local}@{domain}", name, city if dice.random() < 0.95 else "", plan, language, joined])

    for domain, count in STRICT.items():
        there = [row for row in made if row[0].endswith("@" + domain)]
        for number, row in enumerate(dice.sample(there, count)):
            row[0] = ["unknown.", "full.", "blocked."][number % 3] + row[0]
    suppressed = []
    usual = [row for row in made if row[0].split("@")[1].startswith(("plain-", "tls-"))]
    for row in dice.sample(usual, SUPPRESSED):
        row[0] = "suppressed-" + row[0]
        suppressed.append(row[0])
    special = ("suppressed-", "unknown.", "full.", "blocked.")
    originals = [row for row in made if not row[0].startswith(special)]
    for number, row in enumerate(dice.sample(originals, DUPLICATES)):
        local, domain = row[0].split("@")
        again = f"{local}@{domain.upper()}" if number % 2 else row[0]
        made.insert(dice.randrange(made.index(row) + 1, len(made) + 1), [again, *row[1:]])
    for address in INVALID:
        name, _, city, language = next(someone)
        made.insert(dice.randrange(len(made)), [address, name, city, "free", language, "2026-01-05"])
    return made, suppressed


def main():
    made, suppressed = rows(random.Random(2026))
    with open("recipients.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["email", "name", "city", "plan", "language", "joined"])
        writer.writerows(made)
    with open("suppress.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["email", "reason"])
        writer.writerows([address, "asked us to stop"] for address in suppressed)


if __name__ == "__main__":
    main()
