/*
 * Reviews made by rules. Sentences are templates with slots. An opinion is said in one of three
 * ways: straight ("the plot was dull"), turned by a negation that stands somewhere before the word
 * ("was not really dull"), or as a contrast, where what follows "but" is what the reviewer means
 * and what stands before is its opposite. Words of feeling alone tell little therefore; their order
 * tells nearly all.
 */
#include "data/reviews.h"

#include "base/alloc.h"
#include "base/rng.h"

#include <assert.h>
#include <string.h>

/* As load_data() encodes reviews by default. */
#define START_CHAR 1
#define OOV_CHAR 2
#define INDEX_FROM 3

/* Tokens of a review, its start included. */
#define SHORTEST 60
#define LONGEST 250
#define MOST_WORDS 16 /* in a sentence */

/* How sure a review is: percent of its sentences that are opinions, and of these that are its own.
 */
#define OPINIONS 55
#define SINCERE 85
/* Percent of opinions that are turned, and that are contrasts. */
#define TURNED 20
#define CONTRASTS 20

/* The vocabulary by rank: roughly by falling frequency, and so that the words of a slot stand
 * together. */
static const char *const words[] = {
    /* the words of the templates */
    "the", "was", "i", "a", "of", "it", "and", "in", "is", "to", "but", "this", "that", "not",
    "with", "we", "at", "for", "on", "about", "there", "by", "as", "one", "from", "when", "all",
    "who", "he", "she", "they", "you", "my", "his", "her", "its", "be", "are", "were", "been",
    "has", "had", "have", "an", "no", "nobody", "never", "nothing", "hardly", "far", "could",
    "would", "did", "do", "does", "what", "which", "while", "then", "before", "after", "again",
    "out", "up", "into", "so", "or", "if", "say", "says", "said", "call", "called", "looked",
    "turned", "seemed", "first", "last", "though", "although", "people", "everyone", "us", "me",
    "them", "how", "where", "some", "most", "more", "only", "just", "also", "made", "gives",
    "takes", "place", "tells", "story", "saw", "seen", "watched", "played", "plays", "role",
    "movie", "time", "minutes", "hour", "two", "three", "years", "ago", "set", "based", "book",
    "same", "other", "many", "goes", "comes", "back", "home", "night", "day", "part", "second",
    "half", "begins", "ends", "between", "through", "over", "own", "next", "another", "review",
    "think", "thought", "expected", "performance", "anything", "ever", "without",
    /* NOUN: what an opinion is about */
    "film", "plot", "acting", "script", "cast", "music", "ending", "dialogue", "camera",
    "direction", "photography", "soundtrack", "pacing", "editing", "humor", "scenery",
    "choreography", "lighting", "design", "opening", "finale", "narration", "romance", "suspense",
    "drama", "action", "structure", "rhythm", "dancing", "voice", "writing", "tone", "style",
    "mood", "atmosphere", "chemistry", "premise", "twist", "conclusion", "message",
    /* ADVERB */
    "very", "really", "quite", "truly", "rather", "utterly", "pretty", "simply", "absolutely",
    "fairly", "completely", "extremely", "surprisingly",
    /* the good adjectives */
    "good", "great", "excellent", "wonderful", "brilliant", "perfect", "beautiful", "funny",
    "amazing", "fantastic", "superb", "fine", "clever", "charming", "moving", "gripping",
    "delightful", "touching", "fresh", "strong", "memorable", "powerful", "stunning", "witty",
    "original", "convincing", "enjoyable", "impressive", "lovely", "fascinating", "hilarious",
    "remarkable", "outstanding", "engaging", "rich", "terrific", "splendid", "magnificent",
    "inspired", "elegant", "warm", "smart", "thrilling", "marvelous", "subtle", "solid",
    /* the bad adjectives */
    "bad", "poor", "boring", "awful", "terrible", "dull", "weak", "horrible", "stupid", "silly",
    "lame", "awkward", "ridiculous", "predictable", "flat", "tedious", "annoying", "pathetic",
    "cheap", "empty", "confusing", "clumsy", "dreadful", "painful", "mediocre", "lazy", "pointless",
    "shallow", "tired", "bland", "forgettable", "wooden", "messy", "ugly", "laughable", "sloppy",
    "dreary", "atrocious", "lifeless", "hollow", "stale", "unbearable", "disappointing",
    "irritating", "forced", "amateurish",
    /* verbs of liking */
    "loved", "liked", "enjoyed", "admired", "adored", "praised", "treasured", "recommended",
    "applauded", "cherished", "appreciated", "savored",
    /* verbs of disliking */
    "hated", "disliked", "regretted", "loathed", "despised", "mocked", "endured", "resented",
    "criticized", "detested", "ridiculed", "deplored",
    /* ROLE */
    "director", "actor", "actress", "writer", "hero", "villain", "detective", "doctor", "soldier",
    "teacher", "lawyer", "father", "mother", "brother", "sister", "king", "queen", "stranger",
    "boy", "girl", "wife", "husband", "reporter", "captain", "priest", "thief", "student",
    "neighbor",
    /* GENRE */
    "comedy", "thriller", "western", "musical", "documentary", "mystery", "fantasy", "sequel",
    "remake", "series", "cartoon", "epic", "biography", "adventure", "tragedy",
    /* PLACE */
    "city", "village", "valley", "garden", "museum", "desert", "forest", "island", "school",
    "hospital", "castle", "prison", "theater", "train", "ship", "farm", "hotel", "mountain",
    "market", "house", "street", "church", "river", "jungle", "canyon",
    /* THING */
    "letter", "secret", "murder", "wedding", "war", "journey", "treasure", "gun", "dog", "horse",
    "car", "diary", "painting", "dream", "storm", "party", "crime", "game", "race", "contract",
    "map", "photo", "accident", "trial", "escape", "promise", "fire", "ghost", "machine", "key",
    /* PLAIN: adjectives without feeling */
    "old", "young", "american", "french", "british", "italian", "japanese", "black", "white",
    "small", "big", "long", "short", "early", "modern", "famous", "local", "foreign", "rural",
    "military", "private", "public", "distant", "wooded", "northern"};

#define WORD_COUNT (sizeof(words) / sizeof(*words))

/* What templates write in capitals. GOOD and LIKED stand for what the sentence means, BAD and HATED
 * for the opposite; the rules choose between the two lists. */
typedef enum slot {
    NOUN,
    ADVERB,
    GOOD,
    BAD,
    LIKED,
    HATED,
    ROLE,
    GENRE,
    PLACE,
    THING,
    PLAIN,
    SLOTS,
    NAME = SLOTS /* a name too rare for the vocabulary */
} slot;

static const struct {
    const char *name, *first, *last;
} slot_words[SLOTS] = {
    [NOUN] = {"NOUN", "film", "message"},      [ADVERB] = {"ADVERB", "very", "surprisingly"},
    [GOOD] = {"GOOD", "good", "solid"},        [BAD] = {"BAD", "bad", "amateurish"},
    [LIKED] = {"LIKED", "loved", "savored"},   [HATED] = {"HATED", "hated", "deplored"},
    [ROLE] = {"ROLE", "director", "neighbor"}, [GENRE] = {"GENRE", "comedy", "tragedy"},
    [PLACE] = {"PLACE", "city", "canyon"},     [THING] = {"THING", "letter", "key"},
    [PLAIN] = {"PLAIN", "old", "northern"}};

static const char *const straight[] = {"the NOUN was GOOD",
                                       "the NOUN was ADVERB GOOD",
                                       "i LIKED the NOUN",
                                       "we all LIKED the NOUN of this GENRE",
                                       "this is a GOOD GENRE with a GOOD NOUN",
                                       "what a GOOD NOUN",
                                       "everyone who saw it LIKED the NOUN",
                                       "the ROLE gives a GOOD performance",
                                       "i think the NOUN is ADVERB GOOD",
                                       "the NOUN and the NOUN were GOOD"};

static const char *const turned[] = {"the NOUN was not BAD",
                                     "the NOUN was not ADVERB BAD",
                                     "the NOUN was never BAD",
                                     "i never HATED the NOUN",
                                     "nobody who saw it HATED the NOUN",
                                     "there is nothing BAD about the NOUN",
                                     "it is hardly a BAD NOUN",
                                     "no one could call the NOUN ADVERB BAD",
                                     "the NOUN is far from BAD",
                                     "not one of us HATED the NOUN"};

static const char *const contrasts[] = {"the NOUN was BAD but the NOUN was GOOD",
                                        "the NOUN seemed BAD but it turned out ADVERB GOOD",
                                        "i HATED the NOUN but i LIKED the NOUN",
                                        "people say it is BAD but i say it is GOOD",
                                        "although the NOUN was BAD the NOUN was GOOD",
                                        "the NOUN was not GOOD but the NOUN was not BAD",
                                        "i expected a BAD NOUN but the NOUN was GOOD",
                                        "many HATED the NOUN but we LIKED it"};

static const char *const plain[] = {"the movie was made in the PLACE by a PLAIN ROLE",
                                    "i saw it two years ago in a PLAIN PLACE",
                                    "it tells the story of a ROLE and a THING",
                                    "the ROLE goes back to the PLACE",
                                    "then the ROLE comes home with a THING",
                                    "it is based on a PLAIN book by NAME NAME",
                                    "NAME plays the role of the PLAIN ROLE",
                                    "the second half takes place on a PLAIN PLACE",
                                    "there is a THING in the PLACE",
                                    "we watched it at night with my ROLE",
                                    "the story begins with a PLAIN THING",
                                    "it ends when the ROLE takes the THING",
                                    "she is a ROLE from the PLACE",
                                    "he is a PLAIN ROLE who has a THING",
                                    "this GENRE is set in a PLACE",
                                    "the movie is an hour and three minutes long",
                                    "NAME NAME is the ROLE of the movie",
                                    "they have a THING and a PLAIN THING",
                                    "the ROLE and the ROLE do not say what the THING is",
                                    "all of it is about the THING of a ROLE",
                                    "before that the ROLE had been in the PLACE",
                                    "my ROLE saw the same GENRE on the day of the THING",
                                    "after the THING the ROLE is in a PLAIN PLACE",
                                    "it was not made in the PLACE but in a PLACE",
                                    "i have never been to the PLACE"};

/* A template with its words looked up: ranks from 0 on, slots as -1 - slot. */
typedef struct sentence {
    int codes[MOST_WORDS];
    size_t length;
} sentence;

typedef enum manner { STRAIGHT, TURN, CONTRAST, NEUTRAL, MANNERS } manner;

#define MOST_TEMPLATES 32

typedef struct grammar {
    sentence sentences[MANNERS][MOST_TEMPLATES];
    size_t counts[MANNERS];
    size_t first[SLOTS], sizes[SLOTS]; /* the words of each slot */
    size_t a, an;
} grammar;

const char *const *tl_reviews_words(size_t *count) {
    *count = WORD_COUNT;
    return words;
}

static size_t find_word(const char *word, size_t length) {
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return i;
    assert(!"a template uses a word that is not in the vocabulary");
    return 0;
}

static int find_code(const char *word, size_t length) {
    if (length == 4 && memcmp(word, "NAME", 4) == 0)
        return -1 - NAME;
    for (int s = 0; s < SLOTS; s++)
        if (strlen(slot_words[s].name) == length && memcmp(slot_words[s].name, word, length) == 0)
            return -1 - s;
    return (int)find_word(word, length);
}

static sentence parse(const char *template) {
    sentence parsed = {{0}, 0};
    while (*template) {
        size_t length = strcspn(template, " ");
        assert(parsed.length < MOST_WORDS);
        parsed.codes[parsed.length++] = find_code(template, length);
        template += length;
        template += strspn(template, " ");
    }
    return parsed;
}

static void add_templates(grammar *rules, manner how, const char *const *templates, size_t count) {
    assert(count <= MOST_TEMPLATES);
    for (size_t i = 0; i < count; i++)
        rules->sentences[how][i] = parse(templates[i]);
    rules->counts[how] = count;
}

static void make_grammar(grammar *rules) {
    for (int s = 0; s < SLOTS; s++) {
        const char *first = slot_words[s].first, *last = slot_words[s].last;
        rules->first[s] = find_word(first, strlen(first));
        rules->sizes[s] = find_word(last, strlen(last)) - rules->first[s] + 1;
    }
    rules->a = find_word("a", 1);
    rules->an = find_word("an", 2);
    add_templates(rules, STRAIGHT, straight, sizeof(straight) / sizeof(*straight));
    add_templates(rules, TURN, turned, sizeof(turned) / sizeof(*turned));
    add_templates(rules, CONTRAST, contrasts, sizeof(contrasts) / sizeof(*contrasts));
    add_templates(rules, NEUTRAL, plain, sizeof(plain) / sizeof(*plain));
}

static int chance(tl_rng *random, unsigned percent) {
    return tl_rng_below(random, 100) < percent;
}

/* The lists of feeling change places in a sentence that means something bad. */
static slot swap_feeling(slot s) {
    switch (s) {
    case GOOD:
        return BAD;
    case BAD:
        return GOOD;
    case LIKED:
        return HATED;
    case HATED:
        return LIKED;
    default:
        return s;
    }
}

/* The first word has rank 1. */
static int32_t token_of(size_t word) {
    return (int32_t)word + 1 + INDEX_FROM;
}

/* A word of a slot; the first ones of a list more often than the last. */
static int32_t draw_word(const grammar *rules, tl_rng *random, slot s) {
    if (s == NAME)
        return OOV_CHAR;
    size_t one = (size_t)tl_rng_below(random, rules->sizes[s]);
    size_t other = (size_t)tl_rng_below(random, rules->sizes[s]);
    return token_of(rules->first[s] + (one < other ? one : other));
}

/* "a actor" to "an actor". */
static void correct_article(const grammar *rules, tl_sequence_builder *builder) {
    if (!builder->failed && builder->tokens[builder->used - 1] == token_of(rules->a))
        builder->tokens[builder->used - 1] = token_of(rules->an);
}

static manner draw_manner(tl_rng *random) {
    uint64_t drawn = tl_rng_below(random, 100);
    return drawn < TURNED ? TURN : drawn < TURNED + CONTRASTS ? CONTRAST : STRAIGHT;
}

static void add_sentence(const grammar *rules, tl_rng *random, int label,
                         tl_sequence_builder *builder) {
    manner how = chance(random, OPINIONS) ? draw_manner(random) : NEUTRAL;
    int is_good = chance(random, SINCERE) ? label : !label;
    const sentence *chosen = &rules->sentences[how][tl_rng_below(random, rules->counts[how])];
    for (size_t i = 0; i < chosen->length; i++) {
        int code = chosen->codes[i];
        slot s = code < 0 ? (slot)(-1 - code) : NAME;
        int32_t token = code >= 0 ? token_of((size_t)code)
                                  : draw_word(rules, random, is_good ? s : swap_feeling(s));
        if (token != OOV_CHAR && strchr("aeiou", words[token - token_of(0)][0]))
            correct_article(rules, builder);
        tl_builder_add(builder, token);
    }
}

/* Review `number` has a random stream of its own, so it does not depend on how many there are. */
static void add_review(const grammar *rules, uint64_t seed, uint64_t number, int label,
                       tl_sequence_builder *builder) {
    tl_rng random = tl_rng_new(seed, number);
    size_t start = builder->used;
    size_t length = SHORTEST + (size_t)tl_rng_below(&random, LONGEST - MOST_WORDS - SHORTEST);
    tl_builder_add(builder, START_CHAR);
    while (builder->used - start < length && !builder->failed)
        add_sentence(rules, &random, label, builder);
    tl_builder_end(builder);
}

/* Labels in pairs of one good and one bad review in random order: balanced in every part. */
static int label_of(uint64_t seed, uint64_t number) {
    tl_rng random = tl_rng_new(seed, number / 2 | (uint64_t)1 << 63);
    return (int)((tl_rng_bits(&random) ^ number) & 1);
}

static tlstm_status generate(const grammar *rules, uint64_t seed, uint64_t first, size_t count,
                             tlstm_sequences **x, tlstm_array **y, tlstm_error **error) {
    tl_sequence_builder builder = {0};
    tlstm_status status = tl_array_new_int64(count, y, error);
    for (size_t i = 0; !status && i < count; i++) {
        int label = label_of(seed, first + i);
        ((int64_t *)(*y)->data)[i] = label;
        add_review(rules, seed, first + i, label, &builder);
    }
    if (!status)
        return tl_builder_take(&builder, x, error);
    tl_builder_clear(&builder);
    return status;
}

tlstm_status tl_reviews_generate(size_t train, size_t test, uint64_t seed, tlstm_reviews **reviews,
                                 tlstm_error **error) {
    const uint64_t first_test = (uint64_t)1 << 62; /* no training review has such a number */
    grammar *rules = tl_alloc_zero(1, sizeof(*rules));
    tlstm_reviews *made = tl_alloc_zero(1, sizeof(*made));
    tlstm_status status = rules && made ? TLSTM_OK : tl_fail_memory(error);
    if (!status) {
        make_grammar(rules);
        status = generate(rules, seed, 0, train, &made->x_train, &made->y_train, error);
    }
    if (!status)
        status = generate(rules, seed, first_test, test, &made->x_test, &made->y_test, error);
    tl_free(rules);
    if (status)
        tl_reviews_free(made);
    else
        *reviews = made;
    return status;
}
