package mask_test

import (
	"strings"
	"testing"

	"parley/app/domain/assist/mask"
)

// masked has texts, and what they are to become.
var masked = map[string]string{
	// e-mail
	"Write to anna.b+shop@mail.example.co.uk, please.": "Write to [email 1], please.",
	"<anna@shop.example> or (ANNA@Shop.example).":      "<[email 1]> or ([email 1]).",
	"a@b.de;c@d.fr": "[email 1];[email 2]",
	"müller@bücher.example and 用户@例子.世界":                 "[email 1] and [email 2]",
	"anna＠shop.example":                                  "[email 1]",
	"anna (at) shop (dot) example, or anna@shop.example": "[email 1], or [email 1]",
	"https://shop.example/u?mail=anna@shop.example&x=1":  "https://shop.example/u?mail=[email 1]&x=1",
	"@anna and 5 @ 3.50 each, a@b":                       "@anna and 5 @ 3.50 each, a@b",
	"anna@shop.example.":                                 "[email 1].",

	// phone, international
	"+49 30 1234567":                          "[phone 1]",
	"Call +49 (0)30 / 123 45-67 now":          "Call [phone 1] now",
	"+1 (415) 555-2671, +14155552671":         "[phone 1], [phone 1]",
	"0049 30 1234567 and +49301234567":        "[phone 1] and [phone 1]",
	"(+34) 612 345 678":                       "[phone 1]",
	"+90 532 123 45 67.":                      "[phone 1].",
	"+48 501-234-567!":                        "[phone 1]!",
	"+966 50 123 4567":                        "[phone 1]",
	"whatsapp:+31612345678":                   "whatsapp:[phone 1]",
	"٠٥٠١٢٣٤٥٦٧ رقمي":                         "[phone 1] رقمي",
	"+۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹":                        "[phone 1]",
	"＋４９ ３０ １２３４５６７":                          "[phone 1]",
	"+49\u00a030\u202f1234567":                "[phone 1]",
	"+4\u200b9 3\u200b01 2345\u200b67":        "[phone 1]",
	"my card 4\u200b111 1111\u00ad 1111 1111": "my card [card 1]",

	// phone, national
	"Tel. 030 1234567":                "Tel. [phone 1]",
	"Tel.030/1234567":                 "Tel.[phone 1]",
	"(030) 12 34 56":                  "[phone 1]",
	"mobil 0151-23456789":             "mobil [phone 1]",
	"UK: 020 7946 0958, 07700 900123": "UK: [phone 1], [phone 2]",
	"06 12 34 56 78":                  "[phone 1]",
	"06.12.34.56.78":                  "[phone 1]",
	"06-12345678 bellen":              "[phone 1] bellen",
	"(415) 555-2671":                  "[phone 1]",
	"415.555.2671 or 1-800-555-0199":  "[phone 1] or [phone 2]",
	"612 34 56 78, 612345678":         "[phone 1], [phone 1]",
	"501 234 567 (Polska)":            "[phone 1] (Polska)",
	"22 123 45 67":                    "[phone 1]",
	"347 1234567":                     "[phone 1]",
	"532 123 45 67":                   "[phone 1]",
	"(11) 91234-5678":                 "[phone 1]",
	"call me: 4155552671":             "call me: [phone 1]",
	"mein Handy ist 5552671":          "mein Handy ist [phone 1]",
	"Order 4711, phone 030 1234567":   "Order 4711, phone [phone 1]",
	"030 1234567 10115 Berlin":        "[phone 1] 10115 Berlin",
	"on 31.12.2026 030 1234567":       "on 31.12.2026 [phone 1]",

	// not phones
	"Order 4155552671, Bestellnummer 0301234567":     "Order 4155552671, Bestellnummer 0301234567",
	"order number: 0045123456":                       "order number: 0045123456",
	"ORD-0301234567 and AB0301234567 and #030123456": "ORD-0301234567 and AB0301234567 and #030123456",
	"https://shop.example/0301234567?o=0301234567":   "https://shop.example/0301234567?o=0301234567",
	"from 01.02.2026 14:30 to 2026-02-03, 01/02/26":  "from 01.02.2026 14:30 to 2026-02-03, 01/02/26",
	"open 0800-1200, 08.00-17.00, 08:00-17:00":       "open 0800-1200, 08.00-17.00, 08:00-17:00",
	"€ 1.234.567,00, 1,299.00 $, 612.345.678 €":      "€ 1.234.567,00, 1,299.00 $, 612.345.678 €",
	"it costs 612 345 678 zł":                        "it costs 612 345 678 zł",
	"192.168.100.200 and 10.0.0.1 and v1.2.3":        "192.168.100.200 and 10.0.0.1 and v1.2.3",
	"00340434161094012345 by parcel":                 "00340434161094012345 by parcel",
	"3 x 2, 10115 Berlin, 2020-2024, 1234567":        "3 x 2, 10115 Berlin, 2020-2024, 1234567",
	"0.5 l, 0,75 and 100 000 000":                    "0.5 l, 0,75 and 100 000 000",
	"12345678901234567890123456789012345678901234":   "12345678901234567890123456789012345678901234",

	// cards
	"4111 1111 1111 1111":                    "[card 1]",
	"4111-1111-1111-1111 / 4111111111111111": "[card 1] / [card 1]",
	"5500 0000 0000 0004 12/27 123":          "[card 1] 12/27 123",
	"3782 822463 10005":                      "[card 1]",
	"6011.1111.1111.1117":                    "[card 1]",
	"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1":        "[card 1]",
	"4222222222222":                          "[card 1]",
	"9792 0303 9444 0796":                    "[card 1]",
	"٤١١١ ١١١١ ١١١١ ١١١١":                    "[card 1]",
	"x4111111111111111y":                     "x[card 1]y",
	"+49 30 1234567 4111 1111 1111 1111":     "[phone 1] [card 1]",
	"4111 1111 1111 1112":                    "4111 1111 1111 1112",
	"0000 0000 0000 0000":                    "0000 0000 0000 0000",

	// accounts
	"DE89 3704 0044 0532 0130 00":                                       "[iban 1]",
	"iban: de89370400440532013000, GB29NWBK60161331926819.":             "iban: [iban 1], [iban 2].",
	"FR14 2004 1010 0505 0001 3M02 606":                                 "[iban 1]",
	"NL91-ABNA-0417-1643-00 and PL61109010140000071219812874":           "[iban 1] and [iban 2]",
	"TR33 0006 1005 1978 6457 8413 26, NO93 8601 1117 947":              "[iban 1], [iban 2]",
	"SA03 8000 0000 6080 1016 7519 and MT84MALT011000012345MTLCAST001S": "[iban 1] and [iban 2]",
	"PT50000201231234567890154, ES9121000418450200051332":               "[iban 1], [iban 2]",
	"BR1800360305000010009795493C1":                                     "[iban 1]",

	// what only looks like a placeholder
	"[email 1] and [Card 2]": "(email 1) and (Card 2)",
	"":                       "",
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range masked {
		got := mask.New().Mask(in)
		if got != want {
			t.Errorf("%q\n gives %q\n want  %q", in, got, want)
		}
	}
}

func TestSameValueSamePlaceholder(t *testing.T) {
	t.Parallel()
	m := mask.New()
	for _, c := range [][2]string{
		{"I am anna@shop.example, +49 30 1234567", "I am [email 1], [phone 1]"},
		{"or ben@shop.example", "or [email 2]"},
		{"write Anna@Shop.Example or call 0049301234567", "write [email 1] or call [phone 1]"},
	} {
		if got := m.Mask(c[0]); got != c[1] {
			t.Errorf("%q gives %q, want %q", c[0], got, c[1])
		}
	}
	if m.Count(mask.Email) != 2 || m.Count(mask.Phone) != 1 || m.Count(mask.Card) != 0 {
		t.Error("counted wrongly")
	}
	for in, want := range map[string]string{
		"We wrote to [email 1] and [email 2].":       "We wrote to anna@shop.example and ben@shop.example.",
		"[Email 1] [ email 1 ] [e-mail 1] [PHONE 1]": "anna@shop.example anna@shop.example anna@shop.example +49 30 1234567",
		`\[email 1\]`:                        "anna@shop.example",
		"[email 3] [card 1] [email 01]":      "[email 3] [card 1] anna@shop.example",
		"[email] [email 99999999999] [1]":    "[email] [email 99999999999] [1]",
		"email 1, (email 1), [link email 1]": "email 1, (email 1), [link email 1]",
	} {
		if got := m.Restore(in); got != want {
			t.Errorf("%q restored: %q, want %q", in, got, want)
		}
	}
}

// TestMaskAndRestore: what was masked and comes back unchanged is what was written.
func TestMaskAndRestore(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"Anna, anna@shop.example, +1 (415) 555-2671, 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00, order 4711.",
		"\u202e+49 30 1234567\u202c", "مرحبا ٠٥٠١٢٣٤٥٦٧", "a\nb\tc",
	} {
		m := mask.New()
		if got := m.Restore(m.Mask(in)); got != in {
			t.Errorf("%q came back as %q", in, got)
		}
	}
}

// TestLongTexts would not end if anything took more than linear time.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{
		"1", "1 ", "+1", "+", "a@", "a@a", "a@a.", "a.", "@", "(", "(1", "4111 1111 1111 1111 ", "030 1234567 ",
		"DE8", "DE89 ", "de", "0 ", "00", "01.02.2026 ", "06.12.", "[email ", "[email 1]", "(at)", "a(at)b(dot)",
		"\u200b", "1\u200b", "٠", "\xff", "tel ", "+49 30 1234567 4111 1111 1111 1111 ",
	} {
		m := mask.New()
		m.Restore(m.Mask(strings.Repeat(piece, 40_000/len(piece))))
	}
}

func FuzzMask(f *testing.F) {
	f.Add("anna@shop.example 4111 1111 1111 1111")
	f.Add("+\xff(0 [email 1] DE89")
	f.Fuzz(func(t *testing.T, s string) {
		m := mask.New()
		masked := m.Mask(s)
		m.Restore(masked)
		if again := m.Mask(strings.NewReplacer("[", "", "]", "").Replace(masked)); m.Count(mask.Card) > 0 && strings.Contains(again, "4111111111111111") {
			t.Errorf("%q left a card in %q", s, again)
		}
	})
}
