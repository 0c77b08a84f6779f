package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How a number is taken for a phone number, in this order: words before it that say so (or that say otherwise), a + or 00 before
// it, a leading 0 as most countries write their own, or a grouping that a country uses for its own numbers and hardly anyone for
// anything else. Dates, times and prices are taken out before.

// National groupings without a leading 0, and with which digits they begin.
var groupings = []struct {
	lengths string
	begins  string
}{
	{"334", "23456789"},  // North America, Italy, Turkey in short
	{"1334", "1"},        // North America with its 1
	{"37", "3"},          // Italy, mobile
	{"333", "56789"},     // Spain, Poland, Portugal
	{"3222", "6789"},     // Spain
	{"2322", "1234567"},  // Poland
	{"3322", "2345"},     // Turkey
	{"254", "123456789"}, // Brazil, mobile
	{"244", "123456789"}, // Brazil, Mexico
}

var (
	phoneWords = []string{
		"tel", "phone", "call", "mobil", "handy", "cell", "whatsapp", "sms", "rufnummer", "rückruf", "anruf", "fax",
		"llam", "appel", "portable", "bel", "gsm", "komórk", "cep", "chiam", "هاتف", "جوال", "اتصل",
	}
	otherNumberWords = []string{
		"order", "invoice", "ticket", "track", "bestell", "auftrag", "rechnung", "kunden", "sendung", "artikel",
		"paket", "commande", "facture", "colis", "suivi", "pedido", "factura", "fatura", "encomenda", "ordine",
		"fattura", "zamówieni", "faktur", "sipariş", "kargo", "factuur", "serial", "serien", "article", "item",
		"reference", "referenz", "isbn", "ean", "vat", "customer", "طلب", "فاتورة", "شحنة",
	}
)

// phones returns the phone numbers in the runs, beside what is taken already.
func phones(text string, runs []run, taken []span) []span {
	var spans []span
	t := 0 // the first taken that ends after where we are
	for _, r := range runs {
		for at := 0; at < len(r.groups); {
			g := r.groups[at]
			for t < len(taken) && taken[t].to <= g.from {
				t++
			}
			to := len(r.groups)
			if t < len(taken) {
				if taken[t].from < g.to {
					at++
					continue
				}
				to = at // groups until the next that is taken
				for to < len(r.groups) && r.groups[to].to <= taken[t].from && to < at+maxDigits {
					to++
				}
			}
			if n := dateLength(r.groups, at); n > 0 {
				at += n
				continue
			}
			plus, paren, from := r.plus, r.paren, r.from
			if at > 0 {
				plus, paren, from = false, strings.HasSuffix(g.before, "("), g.from
			}
			n, digits := phoneLength(text, r.groups[at:to], plus, paren, from)
			if n == 0 {
				at++
				continue
			}
			at += n
			spans = append(spans, span{from, r.groups[at-1].to, value{Phone, digits}})
		}
	}
	return spans
}

// phoneLength returns how many of the groups make a phone number, and its digits with the country's 00 or + as +.
func phoneLength(text string, groups []group, plus, paren bool, from int) (int, string) {
	first := groups[0].digits
	before := []rune(strings.ToLower(tail(text[:from], 24)))
	glued := len(before) > 0 && isWord(before[len(before)-1])
	if len(before) > 1 && strings.ContainsRune("-/=_", before[len(before)-1]) && isWord(before[len(before)-2]) {
		glued = true // ORD-0301234567, ?id=0301234567, shop.example/0301234567
	}
	if plus {
		return longestGroups(groups, 8, 15, "+", text)
	}
	if glued || len(before) > 0 && strings.ContainsRune("#№$€£¥", before[len(before)-1]) {
		return 0, ""
	}
	phone, other := lastWordKind(string(before))
	if other {
		return 0, ""
	}
	if strings.HasPrefix(first, "00") && len(first) > 2 && first[2] != '0' || first == "00" {
		if n, digits := longestGroups(groups, 10, 17, "", text); n > 0 {
			return n, "+" + strings.TrimPrefix(digits, "00")
		}
	}
	if first[0] == '0' && !strings.HasPrefix(first, "00") && !isTimeRange(groups) {
		if n, digits := longestGroups(groups, 8, 12, "", text); n > 0 {
			return n, digits
		}
	}
	if n := nationalGrouping(groups, paren); n > 0 && !isQuantity(text, groups[n-1].to) {
		return n, joinDigits(groups[:n])
	}
	if len(groups) == 1 && len(first) == 9 && (first[0] == '6' || first[0] == '7') { // Spain, mobile, written in one
		return longestGroups(groups, 9, 9, "", text)
	}
	if phone {
		return longestGroups(groups, 6, 15, "", text)
	}
	return 0, ""
}

// longestGroups returns the most groups whose digits are so many, unless a letter or a currency follows.
func longestGroups(groups []group, least, most int, prefix, text string) (int, string) {
	n, total, best := 0, 0, 0
	for _, g := range groups {
		if total += len(g.digits); total > most {
			break
		}
		n++
		if total >= least && !isQuantity(text, g.to) {
			best = n
		}
	}
	if best == 0 {
		return 0, ""
	}
	return best, prefix + joinDigits(groups[:best])
}

// nationalGrouping returns how many groups make a national grouping.
func nationalGrouping(groups []group, paren bool) int {
	for _, g := range groupings {
		n := len(g.lengths)
		if len(groups) < n || !strings.Contains(g.begins, groups[0].digits[:1]) {
			continue
		}
		fits := true
		for i := range n {
			fits = fits && len(groups[i].digits) == int(g.lengths[i]-'0')
		}
		if fits && g.lengths == "333" && strings.ContainsAny(groups[1].before, "./") { // 512.345.678 is an amount
			fits = false
		}
		if fits && (g.lengths == "244" || g.lengths == "254" && !paren) && strings.ContainsAny(groups[1].before, "./") {
			fits = false
		}
		if fits {
			return n
		}
	}
	return 0
}

// dateLength returns 3 if a date begins at a group: 31.12.2026, 12/31/26, 2026-12-31.
func dateLength(all []group, at int) int {
	groups := all[at:]
	if len(groups) < 3 {
		return 0
	}
	a, b, c := groups[0], groups[1], groups[2]
	mark := b.before
	if mark != c.before || len(mark) != 1 || !strings.Contains("./-", mark) {
		return 0
	}
	if len(groups) > 3 && groups[3].before == mark || a.before == mark {
		return 0 // 06.12.34.56.78 goes on
	}
	day := func(g group, most int) bool {
		n := 0
		for _, d := range g.digits {
			n = n*10 + int(d-'0')
		}
		return len(g.digits) <= 2 && n >= 1 && n <= most
	}
	year := len(c.digits) == 2 || len(c.digits) == 4 && (c.digits[:2] == "19" || c.digits[:2] == "20")
	if year && (day(a, 31) && day(b, 12) || day(a, 12) && day(b, 31)) {
		return 3
	}
	if len(a.digits) == 4 && (a.digits[:2] == "19" || a.digits[:2] == "20") && day(b, 12) && day(c, 31) {
		return 3
	}
	return 0
}

// isTimeRange reports hours such as 0800-1200 and 08.00 - 17.00.
func isTimeRange(groups []group) bool {
	ok := func(s string) bool { return s <= "2400" && s[2] <= '5' }
	switch len(groups) {
	case 2:
		a, b := groups[0].digits, groups[1].digits
		return len(a) == 4 && len(b) == 4 && ok(a) && ok(b) && strings.ContainsAny(groups[1].before, "-–—−")
	case 4:
		for _, g := range groups {
			if len(g.digits) != 2 {
				return false
			}
		}
		return ok(joinDigits(groups[:2])) && ok(joinDigits(groups[2:])) && groups[1].before == "." && groups[3].before == "."
	}
	return false
}

// isQuantity reports whether what follows makes the number something else: a letter glued to it, a currency, a percentage, decimals.
func isQuantity(text string, at int) bool {
	rest := text[at:]
	r, size := utf8.DecodeRuneInString(rest)
	if isWord(r) || r == ',' && len(rest) > size && digitValue(rune(rest[size])) >= 0 {
		return true
	}
	rest = strings.ToLower(strings.TrimLeft(rest[:min(len(rest), 12)], " \u00a0\u202f"))
	for _, unit := range []string{"€", "$", "£", "¥", "%", "eur", "usd", "gbp", "zł", "pln", "tl", "₺", "try", "chf", "r$", "sar", "aed"} {
		if after, ok := strings.CutPrefix(rest, unit); ok {
			if r, _ := utf8.DecodeRuneInString(after); !isWord(r) || !isWord([]rune(unit)[0]) {
				return true
			}
		}
	}
	return false
}

// lastWordKind reports which sort of word stands last before a number.
func lastWordKind(before string) (phone, other bool) {
	words := strings.FieldsFunc(before, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) })
	for _, word := range slices.Backward(words) {
		begins := func(w string) bool { return strings.HasPrefix(word, w) }
		if slices.ContainsFunc(phoneWords, begins) {
			return true, false
		}
		if slices.ContainsFunc(otherNumberWords, begins) || word == "ref" {
			return false, true
		}
	}
	return false, false
}

// tail returns the last n bytes of s and no broken character, up to the start of its last line or sentence.
func tail(s string, n int) string {
	s = strings.ToValidUTF8(s[max(0, len(s)-n):], "")
	if i := strings.LastIndexAny(s, "\n;!?"); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.LastIndex(s, ", "); i >= 0 {
		s = s[i+2:]
	}
	return s
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
