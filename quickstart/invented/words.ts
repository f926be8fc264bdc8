/** The words that invented titles, places and people are made of. Surnames and places are built from syllables and belong to no person. */

/** A word list as one text, for reading. */
function listWords(text: string): readonly string[] {
  return text.split(",").map((word) => word.trim());
}

function joinAll(heads: readonly string[], tails: readonly string[]): readonly string[] {
  return heads.flatMap((head) => tails.map((tail) => head + tail));
}

export const ADJECTIVES = listWords(
  `Silent, Crooked, Borrowed, Paper, Hollow, Amber, Wandering, Reluctant, Tin, Velvet, Salted, Upside-Down, Second,
  Unfinished, Blue, Winter, Last, Clumsy, Invisible, Burning, Forgotten, Electric, Little, Broken, Secret, Golden,
  Midnight, Sleepless, Distant, Impossible, Rusty, Gentle, Stolen, Wild, Quiet, Hungry, Northern, Faded, Painted, Loud`,
);

export const NOUNS = listWords(
  `Orchard, Lighthouse, Umbrella, Postman, Cartographer, Kettle, Harbour, Accordion, Beekeeper, Staircase, Lantern,
  Tortoise, Ferry, Typewriter, Garden, Clockmaker, Island, Violin, Bakery, Compass, Neighbour, Comet, Elevator, Carnival,
  Detective, Parrot, Wedding, Telegram, Glacier, Bicycle, Aquarium, Mountain, Circus, Balcony, Pilot, Letter, River,
  Astronaut, Suitcase, Teacher, Whale, Mirror, Train, Puppet, Winter, Grandmother, Trumpet, Meteor, Doctor, Shadow,
  Pirate, Ghost, Goalkeeper, Librarian, Dragon, Waltz, Robot, Embassy, Volcano, Piano, Sunday, Desert, Promise, Fox`,
);

export const SUBSTANTIVOS = listWords(
  `Coração, Sertão, Avó, Ônibus, Relógio, Pássaro, Ilha, Canção, Pão de Queijo, Caçador, Ladrão de Nuvens, Mar,
  Professor, Guarda-Chuva, Circo, Herança, Sombra, Feira, Chão, Fogão, Irmão, Cachorro, Vizinha, Carnaval, Lua, Saudade,
  Balão, Sanfona, Botão, Avião de Papel, Cidade, Jabuticaba, Trem, Verão, Paixão, Mágico, Tesouro, Sapato, Segredo, Rio`,
);

const NOMS = listWords(
  `Forêt, Été, Boulangère, Cœur, Château, Fenêtre, Rivière, Écolier, Théâtre, Voisine, Hiver, Île, Étoile, Bête, Gâteau`,
);

const ROMAJI = joinAll(
  listWords("Tsuki no, Haru no, Kaze no, Yûki no, Hoshi no, Umi no, Shiroi, Kurôbâ no, Mahô no, Chîsana"),
  [
    " machi",
    " tegami",
    " ongakukai",
    " densha",
    " bôken",
    " natsuyasumi",
    " omoide",
    " kyûka",
    " doubutsuen",
  ],
);

/** Titles as they would be written in other languages. */
export const FOREIGN_TITLES: readonly string[] = [
  ...ROMAJI,
  ...joinAll(["La ", "Une ", "Derrière la ", "Après la "], NOMS),
  ...joinAll(
    ["Die ", "Das letzte ", "Mein "],
    listWords("Brücke, Straßenbahn, Mädchen, Bäckerei, Küste, Schlüssel"),
  ),
  ...joinAll(
    ["El ", "Aquel ", "Mañana, el "],
    listWords("Corazón, Pingüino, Año Perdido, Camión, Jardín, Niño"),
  ),
];

export const PLACES: readonly string[] = joinAll(
  listWords(
    "Var, Quel, Mor, Tam, Belu, Sor, Ibi, Caru, Nel, Ostra, Pira, Ost, Lun, Fer, Gal, Tor, Ava, Sil, Kar, Uru",
  ),
  ["anza", "dova", "mirim", "brück", "ção", "tepe", "holm", "guaçu"],
);

export const GIVEN_NAMES_FEMALE = listWords(
  `Ana, Beatriz, Lucênia, Inês, Márcia, Zoë, Chloé, Ingrid, Noémie, Yûko, Aiko, Priya, Leïla, Renée, Rosário, Tereza,
  Sofia, Greta, Nadia, Mei, Elif, Ximena, Flávia, Søs, Bronwyn, Íris, Agnieszka, Conceição, Dorothy, Wanda`,
);

export const GIVEN_NAMES_MALE = listWords(
  `João, Antônio, Tomás, Björn, Jürgen, Émile, Kenji, Shôta, Rohan, Óscar, Wesley, Caio, Iñigo, André, Luís, Marek, Søren,
  Tarek, Cícero, Otávio, Walter, Hugo, Dmitri, Ravi, Jonas, Zé, Agostinho, Patrick, Benedito, Łukasz`,
);

export const SURNAMES: readonly string[] = joinAll(
  [
    "Tav",
    "Orqu",
    "Mar",
    "Zel",
    "Brá",
    "Kov",
    "Fen",
    "Lou",
    "Nag",
    "Pér",
    "Sil",
    "Dum",
    "Hal",
    "Cru",
    "Wex",
    "Ibá",
  ],
  [
    "elin",
    "inho",
    "esco",
    "moor",
    "zio",
    "anski",
    "wick",
    "vier",
    "asawa",
    "ova",
    "vestro",
    "ônio",
    "gård",
    "zado",
  ],
);

export const SYLLABLES: readonly string[] = joinAll(
  listWords("b, br, c, d, f, g, j, l, m, n, p, r, s, t, v, z"),
  listWords("a, e, i, o, u, ão, ai, an, é, in, or"),
);
