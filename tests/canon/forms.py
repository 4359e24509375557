"""Forms that agencies and machines fill anew each day, written for these tests: near-copies that are never copies.

A form is a title and sentences with slots; `filled` takes a number and gives the report of that day. Most words of
two fillings are the same, so that what differs (names, places, numbers) has to carry the verdict.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

POOLS: dict[str, tuple[str, ...]] = {
    "town": (
        "Ridgemont", "Calloway", "Port Ellis", "Dunmore", "Haverbrook", "Silver Falls", "Kettleby", "Marston", "Oakhurst",
        "Fenwick", "Brackley", "Tolland", "Westerham", "Lindale", "Ashgrove", "Pinecrest", "Stonebridge", "Millbrook",
    ),
    "state": (
        "California", "Nevada", "Oregon", "Ohio", "Texas", "Georgia", "Michigan", "Colorado", "Iowa", "Maine", "Utah", "Virginia",
    ),
    "company": (
        "Norvex Corp", "Halden Industries", "Brightwater Inc", "Castellan Group", "Quorum Systems", "Meridian Foods",
        "Tessera Health", "Orwell Energy", "Pinnacle Retail", "Solace Pharma", "Vantage Motors", "Crestline Bank",
    ),
    "person": (
        "Janet Morrow", "David Okafor", "Elena Ruiz", "Samuel Whitby", "Priya Nair", "Thomas Keller", "Aiko Tanaka",
        "Marcus Boyd", "Clara Jensen", "Ibrahim Salah", "Nora Fitzgerald", "Peter Lindqvist", "Lucia Moretti", "Henry Cho",
    ),
    "team": (
        "the Hawks", "the Pioneers", "the Mariners", "the Comets", "the Royals", "the Wolves", "the Bears", "the Rangers",
        "the Falcons", "the Tigers", "the Kings", "the Spartans",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    "street": ("Elm Street", "Harbor Road", "Station Lane", "Mill Avenue", "Church Street", "Canal Drive", "Park Row", "Hill Road"),
    "direction": ("north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"),
    "sign": ("Aries", "Taurus", "Gemini", "Cancer", "Leo", "Virgo", "Libra", "Scorpio", "Sagittarius", "Capricorn", "Pisces"),
    "school": ("Lincoln High", "St. Anne's", "Jefferson Central", "Bayview Academy", "Northside", "Roosevelt Prep", "Eastlake"),
    "stuff": ("wheat", "corn", "soybeans", "copper", "gold", "crude oil", "cotton", "coffee", "sugar", "silver"),
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    kind: str
    title: str
    sentences: tuple[str, ...]

    def filled(self, number: int) -> tuple[str, str]:
        """(title, text) of the report with that number: the same each time."""
        chance = random.Random(f"{self.kind} {number}")
        slots: dict[str, str] = {}
        for name, pool in POOLS.items():
            slots.update({f"{name}{at}": said for at, said in enumerate(chance.sample(pool, 3), 1)})
        for at in range(1, 9):
            slots[f"n{at}"] = str(chance.randint(2, 99))
            slots[f"big{at}"] = f"{chance.randint(1, 98)},{chance.randint(100, 999)}"
            slots[f"d{at}"] = f"{chance.randint(0, 9)}.{chance.randint(10, 99)}"
        text = "\n\n".join(sentence.format(**slots) for sentence in self.sentences)
        return self.title.format(**slots), text


FORMS = (
    Form("quake", "Earthquake: {d1} quake strikes near {town1}", (
        "A shallow magnitude {d1} earthquake was reported {day1} {n1} miles from {town1}, {state1}, according to the U.S. Geological Survey.",
        "The temblor occurred at {n2} minutes past the hour Pacific time at a depth of {d2} miles.",
        "According to the USGS, the epicenter was {n3} miles from {town2} and {n4} miles from {town3}.",
        "In the past 10 days, there have been {n5} earthquakes of magnitude 3.0 and greater centered nearby.",
        "This information comes from the USGS Earthquake Notification Service and this post was created by an algorithm written by the author.",
        "Did you feel this earthquake? Consider reporting what you felt to the USGS. Find out what to do before, and during, an earthquake near you.",
    )),
    Form("earnings", "{company1}: Q{n1} earnings snapshot", (
        "{town1} (AP) _ {company1} on {day1} reported profit of ${big1} million in its latest quarter.",
        "On a per-share basis, the {town1}-based company said it had net income of ${d1}. Earnings, adjusted for one-time gains and costs, were ${d2} per share.",
        "The results surpassed Wall Street expectations. The average estimate of {n2} analysts surveyed by Zacks Investment Research was for earnings of ${d3} per share.",
        "The company posted revenue of ${big2} million in the period, which also topped Street forecasts.",
        "For the current quarter, {company1} expects its per-share earnings to range from ${d4} to ${d5}.",
        "{company1} shares have climbed {n3} percent since the beginning of the year. The stock has risen {n4} percent in the last 12 months.",
        "This story was generated by Automated Insights using data from Zacks Investment Research.",
    )),
    Form("lottery", "Winning numbers drawn in {state1} game", (
        "The winning numbers in {day1} evening's drawing of the {state1} Lottery's \"Pick Six\" game were:",
        "{n1}-{n2}-{n3}-{n4}-{n5}-{n6}",
        "(the numbers are given in the order in which they were drawn, and the bonus ball was {n7})",
        "Estimated jackpot: ${d1} million. No ticket matched all six numbers drawn, so the jackpot will roll over to the next drawing.",
        "Players who matched five of the numbers, of whom there were {n8}, will receive ${big1} each before taxes.",
    )),
    Form("weather", "{town1} forecast for {day1}", (
        "Here is the forecast for {town1} and the surrounding counties for {day1} and the days that follow, issued by the National Weather Service.",
        "Expect a high near {n1} and a low around {n2}, with winds from the {direction1} at {n3} to {n4} miles an hour and gusts up to {n5}.",
        "The chance of rain is {n6} percent in the morning, rising to {n7} percent after sunset, with new amounts of less than a tenth of an inch possible.",
        "Drivers should allow for extra time on the roads, and those who live along the river are advised to watch for later statements.",
        "The outlook for the weekend is mostly cloudy, with a high near {n8} and a light {direction2} wind.",
    )),
    Form("box", "{team1} beat {team2} {n1}-{n2}", (
        "{person1} scored {n3} points and {team1} beat {team2} {n1}-{n2} on {day1} night.",
        "{person2} added {n4} points and {n5} rebounds off the bench for the home side, who have now won {n6} of their last seven games.",
        "{person3} led the visitors with {n7} points, while the bench contributed {n8} in a game that saw nine lead changes.",
        "The home side shot well from the field and held the visitors scoreless for nearly four minutes of the fourth quarter.",
        "\"We just wanted to come out and play our game, and I thought the guys did a great job of that tonight,\" the coach said.",
        "Up next: the home side plays at {town1} on {day2}, and the visitors are off until {day3}.",
    )),
    Form("closing", "Stocks close mixed on {day1}", (
        "U.S. stocks closed mixed on {day1} as investors weighed corporate results and looked ahead to the next meeting of the Federal Reserve.",
        "The S&P 500 moved {d1} points, or {d2} percent, to {big1}. The Dow Jones industrial average moved {n1} points, or {d3} percent, to {big2}.",
        "The Nasdaq composite moved {n2} points, or {d4} percent, to {big3}. The Russell 2000 index of smaller companies ended at {big4}.",
        "{company1} was among the biggest movers, with its shares moving {d5} percent after its quarterly report.",
        "The yield on the 10-year Treasury note was at {d6} percent late in the day. Benchmark crude settled at ${n3} a barrel in New York.",
        "For the year, the S&P 500 stands {d7} percent from where it started, and the Dow {d8} percent.",
    )),
    Form("obituary", "{person1}, {n1}, of {town1}", (
        "{person1}, {n1}, of {town1}, passed away peacefully at home on {day1}, {month1} {n2}, surrounded by family.",
        "Born in {town2} on {month2} {n3}, {person1} worked for many years at {company1} and was a devoted member of the parish.",
        "Survivors include a daughter, {person2}, of {town3}; {n4} grandchildren; and several nieces and nephews.",
        "Visitation will be held from 4 to 7 p.m. {day2} at the funeral home on {street1}, and the service will be at 10 a.m. {day3}, with burial to follow.",
        "In lieu of flowers, the family asks that memorial contributions be made to the hospice. Condolences may be left online.",
    )),
    Form("horoscope", "Today's horoscope for {sign1}", (
        "If {sign1} is your sign, the stars have a clear word for you this {day1}: take the time that you need before you answer.",
        "A message from someone whose name begins with an unusual letter may bring news of money, and your lucky number is {n1}.",
        "Those born under {sign2} are your best company today, while those born under {sign3} would rather be left in peace.",
        "In love, patience is worth more than words; in work, a plan that you laid in {month1} is about to bear fruit.",
        "Your energy is at {n2} percent in the morning and at {n3} in the evening, so plan the harder things accordingly.",
    )),
    Form("police", "Police seek driver after crash on {street1}", (
        "Police are asking for help to find the driver who left the scene of a crash on {street1} in {town1} late on {day1}.",
        "Officers were called just before {n1} minutes past ten and found a {n2}-year-old cyclist, {person1}, with serious injuries.",
        "The cyclist was taken to the hospital, where the condition was described as stable on the following morning.",
        "The car, which may have damage to its front bumper, was last seen heading {direction1} toward {town2}.",
        "Anyone with information is asked to call the traffic unit of the {town1} police and to quote the reference number {big1}.",
    )),
    Form("court", "{town1} man sentenced to {n1} months for theft", (
        "A {town1} man was sentenced to {n1} months in prison on {day1} after he pleaded guilty to three counts of theft.",
        "{person1}, {n2}, of {street1}, took goods worth ${big1} from a shop of {company1} between {month1} and {month2}, the court heard.",
        "Prosecutor {person2} told the court that the defendant had {n3} earlier convictions for similar offences.",
        "His lawyer, {person3}, said that her client was ashamed of what he had done and had looked for help for his addiction.",
        "The judge said the offences were so serious that only a custodial sentence could be justified, and ordered him to pay costs of ${n4}.",
    )),
    Form("match", "Preview: {team1} against {team2}", (
        "{team1} take on {team2} in {town1} on {day1}, and both come into the game with something to prove.",
        "The home side are on a run of {n1} games without defeat, while the visitors have lost {n2} of their last ten on the road.",
        "{person1} is expected to return from the injury that kept him out for {n3} days, but {person2} is still doubtful.",
        "The last time the two sides met, in {month1}, it ended {n4}-{n5} after a late goal by {person3}.",
        "Kick-off is at 7:45 p.m., the game will be shown live, and tickets are still on sale at the stadium.",
    )),
    Form("analyst", "{company1} price target raised to ${n1}", (
        "{company1} had its price target raised by equities research analysts at {company2} from ${n2} to ${n1} in a research report issued on {day1}.",
        "The firm currently has a \"buy\" rating on the stock. The price objective points to a potential upside of {d1}% from the previous close.",
        "A number of other research firms have also weighed in. {company3} restated a \"hold\" rating on shares in a note on {day2}, {month1} {n3}.",
        "{n4} analysts have rated the stock with a sell rating, {n5} have given a hold rating and {n6} have assigned a buy rating to the company.",
        "Shares opened at ${d2} on {day3}. The stock has a market capitalization of ${d3} billion, a P/E ratio of {d4} and a beta of {d5}.",
        "Institutional investors and hedge funds own {d6}% of the company's stock. Insiders have sold {big1} shares in the last three months.",
    )),
    Form("recall", "{company1} recalls {big1} products over hazard", (
        "{company1} is recalling about {big1} units of its popular kitchen appliance after reports that it can overheat and pose a fire hazard.",
        "The Consumer Product Safety Commission said on {day1} that the company has received {n1} reports of incidents, including {n2} of minor burns.",
        "The products were sold at stores nationwide and online from {month1} through {month2} for between ${n3} and ${n4}.",
        "Consumers should immediately stop using the recalled products and contact the company for a full refund or a free replacement.",
        "The recalled units have a model number that begins with {n5}, printed on a label on the bottom. They were made in {state1}.",
    )),
    Form("house", "Home in {town1} sells for ${big1}", (
        "A {n1}-year-old house on {street1} in {town1} has changed hands. The property was bought on {month1} {n2} for ${big1}.",
        "The {big2}-square-foot home, built by {company1}, was sold by {person1}. The purchase price works out to ${n3} per square foot.",
        "The two-story house has a fireplace and a detached garage, and sits on a lot of {d1} acres.",
        "These nearby homes have also recently been sold: a house on {street2} for ${big3}, in {month2}, and one on {street3} for ${big4}.",
        "Real estate reports like this one are made with data from public records. The newsroom checks the tool that writes them.",
    )),
    Form("election", "{person1} wins in {town1} district", (
        "{person1} has won the seat of the {town1} district, with all of the {n1} precincts reporting, according to unofficial results.",
        "{person1} received {big1} votes, or {d1} percent, to {big2} for {person2}, the incumbent, who was first elected in {month1} a decade ago.",
        "Turnout was {n2} percent of registered voters, up from {n3} percent four years ago, the county clerk said.",
        "\"I am grateful to everyone who knocked on doors and made calls, and tonight belongs to them,\" the winner told supporters.",
        "The results must be certified by the board of elections before {month2} {n4}. A recount is automatic where the margin is under half a percent.",
    )),
    Form("prices", "{stuff1} futures settle higher", (
        "Futures for {stuff1} settled higher on {day1} on the Chicago exchange, helped by a weaker dollar and by short covering ahead of a government report.",
        "The most active {month1} contract for {stuff1} rose {d1} to {big1}, after touching its highest since {month2} {n1} early in the session.",
        "{stuff2} for {month3} delivery ended {d2} lower, while {stuff3} was little changed in thin trading.",
        "\"There is not a lot of fresh news, so we are watching the weather in the south,\" said {person1}, a trader with {company1}.",
        "Volume was estimated at {big2} contracts, {n2} percent above the 30-day average, exchange data showed.",
    )),
    Form("honors", "{school1} announces honor roll", (
        "{school1} has announced the names of the students who earned a place on the honor roll for the marking period that ended in {month1}.",
        "To be placed on the high honor roll, a student must have an average of at least {n1} with no grade below a B in any subject.",
        "Among the seniors are {person1}, {person2} and {person3}, who were also named for perfect attendance.",
        "A ceremony for the {n2} students and their families will be held in the auditorium on {day1} at 6 p.m.",
        "The principal thanked the parents' association, which raised ${big1} for the awards, and the sponsor, {company1}.",
    )),
    Form("watch", "What to watch in the markets on {day1}", (
        "Here are five things that investors will be watching when markets open on {day1}.",
        "1. {company1} reports results before the bell, with analysts looking for earnings of ${d1} a share on revenue of ${d2} billion.",
        "2. The Labor Department publishes weekly claims for jobless benefits; economists expect {big1}, against {big2} a week earlier.",
        "3. {person1}, of the Federal Reserve, speaks in {town1} on the outlook for inflation and employment.",
        "4. {company2} holds its annual meeting, at which {n1} percent of shareholders may vote against the pay of {person2}.",
        "5. Oil: inventories are due, after crude settled at ${n2} a barrel, its lowest since {month1}.",
    )),
)  # fmt: skip
