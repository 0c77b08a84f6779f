package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cards returns the payment card numbers: 13 to 19 digits that begin as cards do and whose check digit is right. A run may hold
// more than the card (its date, its code), so every start at a group is tried, the usual lengths first.
func cards(runs []run) []span {
	var spans []span
	for _, r := range runs {
		for i := 0; i < len(r.groups); {
			n := cardLength(r.groups[i:])
			if n == 0 {
				i++
				continue
			}
			spans = append(spans, span{r.groups[i].from, r.groups[i+n-1].to, value{Card, joinDigits(r.groups[i : i+n])}})
			i += n
		}
	}
	return spans
}

// cardLength returns how many of the groups make a card number, 0 if none.
func cardLength(groups []group) int {
	var at [20]int // by number of digits: groups until there
	digits := make([]byte, 0, 19)
	for i, g := range groups {
		if len(digits)+len(g.digits) > 19 {
			break
		}
		digits = append(digits, g.digits...)
		at[len(digits)] = i + 1
	}
	if len(digits) < 13 || !hasIssuerPrefix(digits) {
		return 0
	}
	for _, n := range []int{16, 15, 14, 13, 19, 18, 17} {
		if at[n] > 0 && luhn(digits[:n]) {
			return at[n]
		}
	}
	return 0
}

// hasIssuerPrefix reports whether digits begin as a card's do; order numbers often begin with 0, 1, 7 or 8.
func hasIssuerPrefix(d []byte) bool {
	return d[0] >= '2' && d[0] <= '6' || string(d[:4]) == "9792" // Troy, in Turkey
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// ibanLengths is how long an account number is, by country.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18,
	"FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23,
	"IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28,
	"PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
	"SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// ibans returns the bank accounts: a known country, its length, and a right check number, with or without separators.
func ibans(text string) []span {
	var spans []span
	boundary := true
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if boundary && unicode.IsLetter(r) {
			if number, to := ibanAt(text, i); to > 0 {
				spans = append(spans, span{i, to, value{IBAN, number}})
				i, boundary = to, false
				continue
			}
		}
		boundary = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		i += size
	}
	return spans
}

func ibanAt(text string, from int) (string, int) {
	var number strings.Builder
	want, gap := 4, 0
	for i := from; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		c, isSign := alphanumeric(r)
		if !isSign {
			if gap++; number.Len() < 4 && number.Len() != 2 || gap > 2 || !isSeparator(r) {
				return "", 0
			}
			i += size
			continue
		}
		gap = 0
		n := number.Len()
		if n < 2 && c < 'A' || (n == 2 || n == 3) && c > '9' {
			return "", 0
		}
		number.WriteByte(c)
		i += size
		if n+1 == 4 {
			if want = ibanLengths[number.String()[:2]]; want == 0 {
				return "", 0
			}
		}
		if n+1 == want && n+1 > 4 {
			next, _ := utf8.DecodeRuneInString(text[i:])
			if unicode.IsLetter(next) || unicode.IsDigit(next) || !mod97(number.String()) {
				return "", 0
			}
			return number.String(), i
		}
	}
	return "", 0
}

// alphanumeric returns a letter or digit of an account number as upper-case ASCII.
func alphanumeric(r rune) (byte, bool) {
	if d := digitValue(r); d >= 0 {
		return byte('0' + d), true
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	return byte(r), r >= 'A' && r <= 'Z'
}

func mod97(s string) bool {
	rest := 0
	for _, c := range []byte(s[4:] + s[:4]) {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}
