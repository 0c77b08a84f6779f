package suggest

import "math/bits"

// spelling is a word of the questions, for messages with a letter wrong.
type spelling struct {
	characters uint32 // which characters it has
	stem       string
}

// characterSet is which characters a word has, in a few bits: words that differ much here need not be looked at.
func characterSet(s string) (set uint32) {
	for _, r := range s {
		set |= 1 << (uint32(r) % 32)
	}
	return set
}

const (
	minSpellingLength = 4 // a word with a letter wrong; of shorter ones too many are alike
	twoTyposLength    = 8 // may have two characters wrong
)

// similarWords are the words of the questions that a word of a message may be meant to be.
func (c *textIndex) similarWords(stem string) (found []string) {
	if len(stem) < minSpellingLength {
		return nil
	}
	characters, most := characterSet(stem), 1
	if len(stem) >= twoTyposLength {
		most = 2
	}
	for _, s := range c.spellings {
		if len(s.stem) < max(len(stem)-most, minSpellingLength) {
			continue
		}
		if len(s.stem) > len(stem)+most {
			break
		}
		if bits.OnesCount32(characters^s.characters) <= 2*most && editDistance(stem, s.stem, most) <= most {
			found = append(found, s.stem)
		}
	}
	return found
}

// editDistance is how many characters of a and b differ, two neighbors swapped counting as one; past most it stops counting. It compares
// bytes: where characters take several, fewer words are alike.
func editDistance(a, b string, most int) int {
	const longest = 48
	if len(a) >= longest || len(b) >= longest {
		return most + 1
	}
	var rows [3][longest]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above := &rows[i%3], &rows[(i-1)%3]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := above[j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, above[j], row[j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, 1+rows[(i-2)%3][j-2])
				}
			}
			row[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
	}
	return rows[len(a)%3][len(b)]
}
