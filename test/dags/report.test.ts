/** The shipped report on the golden case, against figures that were computed by hand, and on a lake without films. */
import { expect, test } from "vitest";
import { GOLDEN, makeShippedReport } from "./shipped-report.ts";

/** The texts of each block, by its title. */
function readBlocks(html: string): ReadonlyMap<string, string> {
  const sections = html.match(/<section[^]*?<\/section>/g) ?? [];
  return new Map(
    sections.map((section) => {
      const [, title = ""] = /<h2[^>]*>([^<]*)/.exec(section) ?? [];
      return [title, section.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ")];
    }),
  );
}

test("the golden case: six films, three with both figures, 680 million together, five with enough votes", async () => {
  const { en, pt } = await makeShippedReport();
  expect(en).toContain("6 films of Walt Disney Pictures");
  expect(pt).toContain("6 filmes da Walt Disney Pictures");
  expect(en).toContain("released between 2001 and 2024");
  // 300 + 560 − 180; as zero, the unknown ones would give another sum.
  expect(en).toContain(
    "Together the 3 films with a budget and a revenue, streaming releases included, have US$680 M",
  );
  expect(en).toContain("4 have a budget and 4 a revenue");
  const blocks = readBlocks(en);
  // The mean of all votes is 196,730 / 25,603.
  expect(blocks.get("The highest ratings")).toContain("C = 7.68");
  expect(blocks.get("The highest ratings")).toMatch(/Film tt3 2009 7\.98 Film tt1 2001 7\.95 Bar/);
  expect(blocks.get("The lowest ratings")).toMatch(/Film tt6 2015 5\.94 Film tt4 2022 6\.83 Bar/);
  expect(blocks.get("The highest ratings")).toContain("5 of 6 films have enough votes");
  expect(blocks.get("Revenue furthest above the budget")).toMatch(/Film tt3 2009 US\$560 M Bar/);
  expect(blocks.get("The least revenue over budget")).toMatch(/Film tt6 2015 −US\$180 M Bar/);
  expect(blocks.get("Budget and revenue")).toContain("3 of 5 cinema films have a budget and a revenue");
  expect(blocks.get("Apart: released to streaming")).toMatch(/Film tt4 2022 6\.30 – – – 0 of 1/);
  expect(blocks.get("Without a budget or a revenue")).toMatch(
    /tt5 2010 US\$80,000,000 – Film tt4 2022 – – Film tt7 2024 – US\$90,000,000/,
  );
});

test("a film before the century and one of another company are in neither list", async () => {
  const { en } = await makeShippedReport();
  expect(en).not.toContain("Film tt2");
  expect(en).not.toContain("Film tt8");
});

test("no year and no genre has an average of fewer films than the least", async () => {
  const blocks = readBlocks((await makeShippedReport(GOLDEN, { least_films: 6 })).en);
  expect(blocks.get("The mean rating by year of release")).toContain("0 of 24 years");
  expect(blocks.get("Ratings by genre")).toContain("There is no data to show here yet.");
  const fewer = readBlocks((await makeShippedReport(GOLDEN, { least_films: 1 })).en);
  expect(fewer.get("The mean rating by year of release")).toContain("5 of 24 years");
  // 4, 6.3, 7, 8 and 8.2.
  expect(fewer.get("Ratings by genre")).toContain("Animation 4.00 6.30 7.00 8.00 8.20 5");
});

test("without films of Disney the page says of each chart that there is no data", async () => {
  const { pt } = await makeShippedReport("tt8|2012-01-01|1000|9000|9.9|90000|false|false\n");
  expect(pt.match(/Ainda não há dados para mostrar aqui\./g)).toHaveLength(10);
  expect(pt).toContain("0 filmes da Walt Disney Pictures");
});

test("a note stands first in the text below the title, as text", async () => {
  const { en, pt } = await makeShippedReport(GOLDEN, { note: "Films <made up>:" });
  expect(en).toMatch(/<p[^>]*>\s*Films &lt;made up&gt;: 6 films of Walt Disney Pictures/);
  expect(pt).toMatch(/<p[^>]*>\s*Films &lt;made up&gt;: 6 filmes da Walt Disney Pictures/);
  expect((await makeShippedReport()).en).toMatch(/<p[^>]*>\s*6 films of Walt Disney Pictures/);
});

test("of thousands of films the two lists without an end show 500 and count all", async () => {
  const films = Array.from({ length: 6_000 }, (_, index) => {
    const budget = index % 2 === 0 ? "1000" : "";
    return `tt${index + 1}|2012-01-01|${budget}|${9000 + index}|7.5|900|true|false\n`;
  });
  const blocks = readBlocks((await makeShippedReport(films.join(""))).en);
  expect(blocks.get("Budget and revenue")).toContain(
    "3,000 of 6,000 cinema films have a budget and a revenue",
  );
  expect(blocks.get("Budget and revenue")).toContain("(500 rows)");
  expect(blocks.get("Without a budget or a revenue")).toContain(
    "3,000 of 6,000 films lack one figure or both",
  );
  expect(blocks.get("Without a budget or a revenue")?.match(/Film tt/g)).toHaveLength(500);
});
