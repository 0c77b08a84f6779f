package compose

import (
	"strings"
	"unicode"
)

// dependentOpeners words begin a sentence that says little without the one before it.
var dependentOpeners = map[string][]string{
	"en": {
		"it", "its", "this", "that", "these", "those", "they", "them", "then", "he", "she", "there", "here", "also",
		"so", "afterwards", "after that", "otherwise", "therefore", "instead", "in this case", "in that case", "if so",
		"if not", "if it", "if this", "if that", "if you still", "if the problem", "both", "once done", "to do so",
		"to do this", "and",
	},
	"de": {
		"er", "es", "sie ist", "sie wird", "sie kann", "sie kommt", "sie gilt", "dies", "diese", "dieser", "dieses",
		"diesen", "diesem", "das ist", "das gilt", "das geht", "das dauert", "das kostet", "dort", "hier", "dann",
		"danach", "dazu", "dafür", "damit", "dabei", "darin", "darauf", "anschließend", "außerdem", "auch", "deshalb",
		"ansonsten", "sonst", "in diesem fall", "falls ja", "falls nein", "falls nicht", "falls es", "falls das",
		"wenn es", "wenn das", "wenn nicht", "beide", "ebenso", "und",
	},
	"fr": {
		"il", "elle", "ils", "elles", "ce", "cela", "ceci", "cet", "cette", "ces", "celui-ci", "celle-ci", "ensuite",
		"puis", "alors", "là", "ici", "aussi", "sinon", "dans ce cas", "si oui", "pour cela", "et",
	},
	"es": {
		"este", "esta", "estos", "estas", "esto", "eso", "ese", "esa", "él", "ella", "luego", "después", "entonces",
		"allí", "ahí", "aquí", "también", "en este caso", "en ese caso", "si no", "para ello", "y",
	},
	"nl": {
		"het is", "het wordt", "het kan", "het duurt", "dit", "dat", "deze", "die", "hij", "zij", "ze", "daar", "hier",
		"dan", "daarna", "vervolgens", "ook", "anders", "in dat geval", "daarvoor", "en",
	},
	"pt": {
		"ele", "ela", "eles", "elas", "isto", "isso", "este", "esta", "esse", "essa", "estes", "estas", "depois",
		"então", "em seguida", "ali", "lá", "aqui", "também", "caso contrário", "nesse caso", "neste caso", "para isso",
		"e",
	},
	"it": {
		"questo", "questa", "questi", "queste", "ciò", "esso", "essa", "poi", "dopo", "quindi", "lì", "qui", "anche",
		"altrimenti", "in questo caso", "in tal caso", "successivamente", "e",
	},
	"pl": {
		"to", "ten", "ta", "te", "tego", "tej", "on", "ona", "ono", "one", "potem", "następnie", "wtedy", "tam", "tu",
		"również", "także", "w takim przypadku", "w tym celu", "i",
	},
	"tr": {
		"bu", "bunlar", "bunun", "bunu", "şu", "o", "onlar", "sonra", "daha sonra", "ardından", "burada", "orada",
		"ayrıca", "aksi halde", "bu durumda", "bunun için", "ve",
	},
	"ar": {
		"هذا", "هذه", "ذلك", "تلك", "هؤلاء", "هو", "هي", "ثم", "بعد ذلك", "هناك", "هنا", "أيضا", "أيضًا", "كما", "وإلا",
		"في هذه الحالة", "في هذه الحاله",
	},
}

// limitingOpeners words begin a sentence that limits the one before it: without it, the draft would promise more than the entry does.
var limitingOpeners = map[string][]string{
	"en": {
		"but", "however", "except", "unless", "only", "please note", "note that", "exceptions", "this does not",
		"this doesn't", "this only", "this applies", "that does not", "excluded", "not included", "provided",
		"as long as", "it must", "they must",
	},
	"de": {
		"aber", "jedoch", "allerdings", "ausgenommen", "außer", "nur", "bitte beachten", "bitte beachte",
		"beachten sie", "ausnahme", "ausnahmen", "das gilt nur", "das gilt nicht", "dies gilt", "das gilt",
		"nicht möglich", "voraussetzung", "vorausgesetzt", "ausgeschlossen", "leider",
	},
	"fr": {
		"mais", "cependant", "toutefois", "sauf", "seulement", "uniquement", "attention", "veuillez noter",
		"exceptions", "exception", "cela ne", "en revanche", "à condition",
	},
	"es": {
		"pero", "sin embargo", "no obstante", "excepto", "salvo", "solo", "sólo", "tenga en cuenta", "ten en cuenta",
		"excepciones", "esto no", "siempre que",
	},
	"nl": {"maar", "echter", "behalve", "alleen", "let op", "uitzondering", "uitzonderingen", "dit geldt", "dat geldt", "mits", "wel"},
	"pt": {
		"mas", "porém", "no entanto", "contudo", "exceto", "salvo", "apenas", "só", "atenção", "note que",
		"tenha em conta", "exceções", "isto não", "isso não", "desde que",
	},
	"it": {
		"ma", "però", "tuttavia", "eccetto", "tranne", "solo", "soltanto", "attenzione", "si prega di notare",
		"eccezioni", "questo non", "a condizione", "purché",
	},
	"pl": {
		"ale", "jednak", "jednakże", "oprócz", "z wyjątkiem", "tylko", "uwaga", "prosimy pamiętać", "wyjątek",
		"wyjątki", "nie dotyczy", "to nie", "pod warunkiem",
	},
	"tr": {
		"ancak", "fakat", "ama", "hariç", "yalnızca", "sadece", "lütfen dikkat", "dikkat", "istisna", "bu durum",
		"bunun için geçerli", "şartıyla",
	},
	"ar": {
		"لكن", "ولكن", "غير أن", "إلا", "باستثناء", "فقط", "يرجى ملاحظة", "يُرجى ملاحظة", "تنبيه", "بشرط", "لا ينطبق",
		"ولا ينطبق", "لا يشمل",
	},
}

// asking for a figure: then the sentence that has one is the likelier answer.
var quantityQuestions = []string{
	"how long", "how much", "how many", "how fast", "how soon", "when", "cost", "price", "fee", "wie lange", "wie viel",
	"wieviel", "wann", "kostet", "kosten", "preis", "combien", "quand", "délai", "prix", "coût", "cuánt", "cuant",
	"cuándo", "precio", "cuesta", "hoeveel", "hoe lang", "wanneer", "kost", "quanto", "quando", "preço", "custa",
	"prezzo", "costa", "ile", "kiedy", "kosztuje", "jak długo", "ne kadar", "kaç", "ne zaman", "ücret", "كم", "متى",
	"تكلفة", "سعر",
}

// backReferences words point back from inside a sentence.
var backReferences = set("dafür dazu dabei hierfür hierzu daarvoor hiervoor daarbij")

// continuesPrevious reports whether a sentence goes on with what the one before it says.
func continuesPrevious(sentence, language string) bool {
	if hasOpener(sentence, dependentOpeners[language]) {
		return true
	}
	for _, w := range strings.Fields(strings.ToLower(sentence)) {
		if backReferences[strings.Trim(w, ".,;:!?")] {
			return true
		}
	}
	return false
}

// common words say nothing about the matter although they are not short.
var common = set(`doesn didn isn would could should which where there about please with have what when your from this that können könnte kann
	meine meinen meiner nicht eine einen einer bitte haben hallo möchte avec pour est-ce votre vous puis mais dans bonjour comment
	para como puedo quiero tengo hola kunnen mijn graag niet heeft como posso minha quero olá vorrei come sono posso buongiorno
	proszę mogę moje jest czy nasıl benim için merhaba أريد كيف هل من`)

func hasOpener(sentence string, with []string) bool {
	s := strings.ToLower(strings.TrimLeft(sentence, " \"“„«‘'(¿¡"))
	for _, w := range with {
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || !unicode.IsLetter([]rune(rest)[0])) {
			return true
		}
	}
	return false
}

// accents are left out as people leave them out.
var accents = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "é", "e", "è", "e", "á", "a", "í", "i", "ó",
	"o", "ú", "u", "ç", "c", "ñ", "n", "أ", "ا", "إ", "ا", "ة", "ه")

// features returns the beginnings of a text's words, which stand for their stems in every language that has endings; short
// words, which carry little, weigh little.
func features(text string) map[string]float64 {
	out := map[string]float64{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	}) {
		w = strings.TrimPrefix(strings.TrimPrefix(w, "و"), "ال")
		r := []rune(accents.Replace(w))
		switch {
		case common[w]:
			out[string(r)] = 0.1
		case len(r) >= 5:
			out[string(r[:5])] = 1
		case len(r) == 4:
			out[string(r)] = 0.6
		case len(r) > 1:
			out[string(r)] = 0.15
		}
	}
	return out
}
