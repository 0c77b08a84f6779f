package compose_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/app/domain/assist/compose"
)

func texts(in compose.Input) map[compose.Kind]string {
	out := map[compose.Kind]string{}
	for _, d := range compose.Drafts(in) {
		out[d.Kind] = d.Text
	}
	return out
}

// TestShort are the short drafts of the examples, by their place in the list.
func TestShort(t *testing.T) {
	t.Parallel()
	all := examples
	for i, want := range map[int]string{
		0:  "Good morning, Anna! You can return any item within 30 days of delivery. It must be unused and in its original packaging. Does that help?",
		1:  "Good afternoon, Anna Miller! The refund is paid within 5 working days after the parcel has arrived. However, delivery costs are not refunded. Does that help?",
		3:  "To start a return:\n1. Log in and open My orders (https://shop.example/orders).\n2. Choose the item and print the label.\n3. Bring the parcel to any post office.",
		4:  "Good afternoon, Ben! Yes. As long as the order has not been shipped, you can change the address under My orders. After that, please refuse the delivery. Does that help?",
		6:  "Guten Tag, Jörg Braun! Nach Österreich und in die Schweiz dauert es bis zu 6 Werktage. Hilft das weiter?",
		7:  "Guten Morgen! Bestellungen bis 14 Uhr verlassen am selben Tag unser Lager, Nr. 3 in Köln. Allerdings gilt das nicht an Feiertagen wie dem 3. Oktober. Hilft das weiter?",
		9:  "Der Versand kostet 4,90 €. Ab einem Bestellwert von 50 € ist er kostenlos.",
		12: "Bonjour Luc,\nLes articles soldés peuvent être échangés. Toutefois, ils ne sont pas remboursés. Est-ce que cela répond à votre question\u00a0?",
		13: "¡Buenas tardes, Lucía! A Baleares y Canarias tardan de 5 a 7 días. Este plazo no incluye festivos. ¿Le sirve esta información?",
		14: "Goedemiddag Sanne!\nU kunt betalen met:\n- iDEAL\n- creditcard\n- PayPal\n\nIs uw vraag hiermee beantwoord?",
		16: "Buonasera, Giulia! Sì. L'ordine può essere annullato entro 2 ore dall'acquisto. Poi non è più possibile. È tutto chiaro?",
		18: "İyi günler Ayşe,\nÜrünü 14 gün içinde iade edebilirsiniz. Bunun için hesabınızdan iade kodu alın. Ancak iç giyim ürünleri iade edilemez. Bu bilgi yardımcı oldu mu?",
		19: "صباح الخير سارة،\nتستغرق مدة التوصيل إلى جدة 5 أيام. لكن لا يشمل ذلك أيام العطل. هل هذا واضح؟",
		22: "Så här. Och så där.",
		25: "Guten Morgen, Tom! Eine Rückgabe in der Filiale ist ebenfalls möglich. Bitte bringen Sie dafür die Rechnung mit. Ausgenommen sind Hygieneartikel. Hilft das weiter?",
		29: "Good morning, Åsa!\nMon–Fri: 9 a.m.–6 p.m.\nSat: 10 a.m.–4 p.m.\nSun: closed\n\nDoes that help?",
		37: "Good afternoon, Pat! Click Forgot password on the login page and enter your e-mail address. You will receive a link that is valid for 60 minutes. If the e-mail does not arrive, look into your spam folder. Then try again. Does that help?",
		39: "Guten Tag, Ute! Deine Rechnung findest du in deinem Konto unter Bestellungen. Sie wird beim Versand erstellt. Hilft das weiter?",
	} {
		if got := texts(all[i])[compose.Short]; got != want {
			t.Errorf("%d %v\n got  %q\n want %q", i, all[i].Messages, got, want)
		}
	}
}

func TestThoroughAndClarifying(t *testing.T) {
	t.Parallel()
	all := examples
	got := compose.Drafts(all[6])
	want := []compose.Draft{
		{Kind: compose.Short, Language: "de", Used: []string{"d1"}, Text: "Guten Tag, Jörg Braun! Nach Österreich und in die Schweiz dauert es bis zu 6 Werktage. Hilft das weiter?"},
		{Kind: compose.Thorough, Language: "de", Used: []string{"d1", "d2"}, Text: "Guten Tag, Jörg Braun! Mein Name ist Mia. Vielen Dank für die Nachricht.\n\n" +
			"Innerhalb Deutschlands liefern wir in 2–3 Werktagen, z. B. mit DHL. Nach Österreich und in die Schweiz dauert es bis zu 6 Werktage. Bestellungen bis 14 Uhr verlassen am selben Tag unser Lager, Nr. 3 in Köln. Allerdings gilt das nicht an Feiertagen wie dem 3. Oktober.\n\n" +
			"Vielleicht ist auch das hilfreich: Der Versand kostet 4,90 €. Ab einem Bestellwert von 50 € ist er kostenlos.\n\nKann ich sonst noch etwas klären?"},
		{Kind: compose.Clarifying, Language: "de", Used: []string{"d1", "d2"}, Text: "Guten Tag, Jörg Braun! Damit ich richtig antworte: Geht es um die Frage „Wie lange dauert die Lieferung“ oder eher um „Was kostet der Versand“?"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if got, want := texts(all[3])[compose.Clarifying], "Just to be sure I understand correctly: which of these is closest to your question?\n1. How do I return a parcel?\n2. Where is my order?\n3. Can I change the delivery address?\n4. Something else"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestEveryDraftHoldsInvariants holds what is true of every draft, at every place and time of day.
func TestEveryDraftHoldsInvariants(t *testing.T) {
	t.Parallel()
	for i, in := range examples {
		for _, place := range []compose.Position{compose.FirstReply, compose.LaterReply} {
			for _, hour := range []int{0, 6, 13, 20} {
				in.Hour, in.Position = hour, place
				drafts := compose.Drafts(in)
				if len(drafts) == 0 || len(drafts) > 3 {
					t.Errorf("%d: %d drafts", i, len(drafts))
				}
				for _, d := range drafts {
					if d.Text == "" || strings.Contains(d.Text, "%") || strings.Contains(d.Text, "**") || strings.Contains(d.Text, "  ") || strings.Contains(d.Text, "\n\n\n") || strings.TrimSpace(d.Text) != d.Text {
						t.Errorf("%d: badly set: %q", i, d.Text)
					}
					if len(in.Entries) == 0 && (d.Kind != compose.Clarifying || len(d.Used) > 0) {
						t.Errorf("%d: from nothing: %+v", i, d)
					}
					for _, id := range d.Used {
						if !slices.ContainsFunc(in.Entries, func(e compose.Entry) bool { return e.ID == id }) {
							t.Errorf("%d: %q was not offered", i, id)
						}
					}
				}
			}
		}
	}
}

// TestShortDraftUsesEntryWords: a short draft within a conversation is made of the entry's own words.
func TestShortDraftUsesEntryWords(t *testing.T) {
	t.Parallel()
	for i, in := range examples {
		if len(in.Entries) == 0 {
			continue
		}
		in.Position = compose.LaterReply
		answer := strings.NewReplacer("*", "", "`", "", "[", "", "]", " ").Replace(in.Entries[0].Answer)
		for _, word := range strings.Fields(texts(in)[compose.Short]) {
			if word != "-" && !strings.Contains(answer, strings.TrimRight(word, ".")) {
				t.Errorf("%d: %q is not in the entry", i, word)
			}
		}
	}
}

func TestWithoutEntries(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"en": "Hello! How can I help you?", "de-CH": "Hallo! Wie kann ich weiterhelfen?", "pl": "Dobry wieczór! W czym mogę pomóc?", "xx": "Hello! How can I help you?",
	} {
		got := compose.Drafts(compose.Input{Language: language, Hour: 23, Messages: []string{"hi"}, Entries: []compose.Entry{{ID: "e", Answer: " \n"}}})
		if len(got) != 1 || got[0].Kind != compose.Clarifying || got[0].Text != want {
			t.Errorf("%s: %+v", language, got)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna": "Anna", "ANNA MÜLLER": "Anna Müller", "jean-luc o'neill": "Jean-Luc O'Neill", " McKay ": "McKay", "李": "", "李明": "李明", "سارة": "سارة",
		"anna@shop.example": "", "Visitor 12": "", "Gast": "", "x": "", "": "", "😀 Tom": "", "https://evil": "", "a b c d e": "", strings.Repeat("a", 50): "",
	} {
		if got := compose.Name(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language string
		want     []string
	}{
		{"en", []string{"Costs are approx. 3.50 $ e.g. for St. Louis.", "See https://a.example/x.y?z=1.", "Really?!", "“Yes.”", "(No.)", "Ask Dr. J. Smith at 5 p.m. today...", "No. 5 is free!"}},
		{"de", []string{"Das gilt z. B. ab dem 3. Mai bzw. für Nr. 7a.", "Ist das o.k.?", "„Ja.“", "Am 15. geht es los.", "Ca. 3,5 kg usw. sind frei."}},
		{"fr", []string{"Écrivez à M. Dupont, p.ex. demain.", "Pourquoi ?", "Parce que\u00a0!"}},
		{"es", []string{"Llame a la Sra. López.", "¿Por qué?", "¡Gracias!", "Ud. puede pagar."}},
		{"ar", []string{"نعم.", "هل هذا واضح؟", "شكرًا!"}},
		{"en", []string{"one line without an end"}},
	} {
		if got := compose.Sentences(strings.Join(c.want, " "), c.language); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got  %q\n want %q", c.language, got, c.want)
		}
	}
}

func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"a", "a. ", "- a\n", "1. a\n", "#", "# a\n", "**", "[a](", "`", "\n", "It. ", "However. ", "Yes. ", "a:\n", "\xff", "ä", "<http://a>", "\\"} {
		drafts := compose.Drafts(compose.Input{Language: "en", Messages: []string{strings.Repeat("a b? ", 500)}, Entries: []compose.Entry{{ID: "e", Question: strings.Repeat(piece, 999), Answer: strings.Repeat(piece, 3_999)}}})
		for _, d := range drafts {
			if n := len([]rune(d.Text)); n == 0 || n > 4000 {
				t.Errorf("%q: %s has %d characters", piece, d.Kind, n)
			}
		}
	}
}

func ExampleDrafts() {
	in := examples[5]
	fmt.Println(compose.Drafts(in)[0].Text)
	// Output: Good afternoon, Ben! As soon as your order has left our warehouse, you receive an e-mail with a tracking link. Does that help?
}
