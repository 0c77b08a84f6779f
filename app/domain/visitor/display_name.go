package visitor

import (
	"hash/fnv"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// Color is the color of a visitor's avatar. The stylesheet has a class of this name for each.
type Color string

// Colors of avatars.
const (
	Red    Color = "red"
	Orange Color = "orange"
	Gold   Color = "gold"
	Green  Color = "green"
	Teal   Color = "teal"
	Cyan   Color = "cyan"
	Blue   Color = "blue"
	Indigo Color = "indigo"
	Purple Color = "purple"
	Pink   Color = "pink"
	Slate  Color = "slate"
)

// Colors lists the colors of avatars.
var Colors = []Color{Red, Orange, Gold, Green, Teal, Cyan, Blue, Indigo, Purple, Pink, Slate}

// DisplayName returns what team members call a visitor: its name or, if it has none, a name made from its id, such as "Blue Heron".
// The same id always has the same name; two visitors can have the same.
func DisplayName(name string, id uuid.UUID) string {
	if name != "" {
		return name
	}
	h := hashOf(id)
	return colorWords[h%uint64(len(colorWords))].word + " " + natureWords[h/uint64(len(colorWords))%uint64(len(natureWords))]
}

// ColorOf returns the color of a visitor's avatar, which fits the name that is made from its id.
func ColorOf(id uuid.UUID) Color { return colorWords[hashOf(id)%uint64(len(colorWords))].color }

func hashOf(id uuid.UUID) uint64 {
	h := fnv.New64a()
	h.Write(id[:])
	return h.Sum64()
}

// Initials returns the initials of the first and the last word of a name, in upper case: "BH" for "Blue Heron". It is "?" for a name without
// letters and digits.
func Initials(name string) string {
	var initials []rune
	for word := range strings.FieldsSeq(name) {
		at := strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		if at < 0 {
			continue
		}
		first := unicode.ToUpper([]rune(word[at:])[0])
		initials = append(initials[:min(1, len(initials))], first)
	}
	if len(initials) == 0 {
		return "?"
	}
	return string(initials)
}

// colorWords are the first words of names. They name colors only: what a visitor is like or how it feels is not known. Words that are
// first names, or by which people are called, are left out.
var colorWords = []struct {
	word  string
	color Color
}{
	{"Amethyst", Purple},
	{"Apricot", Orange},
	{"Aqua", Teal},
	{"Aquamarine", Teal},
	{"Azure", Cyan},
	{"Blue", Blue},
	{"Bronze", Gold},
	{"Carmine", Red},
	{"Cerulean", Cyan},
	{"Cobalt", Blue},
	{"Copper", Orange},
	{"Crimson", Red},
	{"Cyan", Cyan},
	{"Emerald", Green},
	{"Fuchsia", Pink},
	{"Golden", Gold},
	{"Green", Green},
	{"Indigo", Indigo},
	{"Lavender", Indigo},
	{"Lilac", Purple},
	{"Lime", Green},
	{"Magenta", Pink},
	{"Mauve", Purple},
	{"Mint", Green},
	{"Navy", Blue},
	{"Ochre", Gold},
	{"Orange", Orange},
	{"Peach", Orange},
	{"Periwinkle", Indigo},
	{"Plum", Purple},
	{"Purple", Purple},
	{"Sapphire", Blue},
	{"Silver", Slate},
	{"Slate", Slate},
	{"Teal", Teal},
	{"Topaz", Gold},
	{"Turquoise", Teal},
	{"Ultramarine", Blue},
	{"Vermilion", Red},
	{"Viridian", Green},
}

// natureWords are the second words of names: birds, other animals and plants. Left out are those by which people are called, kindly or not,
// those that are first names or contain a color, and those with a second meaning.
var natureWords = strings.Fields(`
	Albatross Avocet Bunting Cormorant Crane Curlew Dipper Dove Dunlin Eagle Egret Eider Falcon Finch Firecrest Flamingo Flycatcher Goshawk
	Grebe Guillemot Harrier Heron Hoopoe Hummingbird Ibis Kestrel Kingfisher Kinglet Kite Kittiwake Lapwing Lark Linnet Macaw Mallard
	Nightingale Oriole Osprey Ouzel Owl Oystercatcher Parakeet Partridge Pelican Penguin Peregrine Petrel Pintail Pipit Plover Ptarmigan
	Puffin Quail Quetzal Roadrunner Sanderling Sandpiper Shearwater Shelduck Siskin Sparrow Spoonbill Starling Stilt Stonechat Stork Sunbird
	Swan Tanager Tern Toucan Turnstone Warbler Waxwing Whimbrel Woodlark
	Antelope Bison Butterfly Caribou Chamois Dolphin Dormouse Dragonfly Firefly Gazelle Gecko Hare Ibex Impala Kudu Lynx Marmot Narwhal
	Ocelot Okapi Oryx Panda Porpoise Puma Seahorse Seal Squirrel Starfish Turtle
	Acacia Alder Aspen Aster Bamboo Baobab Beech Birch Camellia Cedar Clover Cornflower Cypress Elm Gentian Ginkgo Hibiscus Larch Linden
	Lotus Maple Oak Sequoia
`)
