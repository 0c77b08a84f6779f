package measure

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"parley/app/domain/faq/suggest"
)

// RunOperations plays entries, choices and messages from in, a JSON object a line, on one engine:
//
//	{"op":"faqs","faqs":[{"id","question","answer","language"}]}   no reply; an id may come again in another language
//	{"op":"accept","query","language","id"}                        no reply
//	{"op":"query","query","language","k"}                          answered by {"ranked":[id],"scores":[confidence]}, best first
func RunOperations(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 64<<20)
	w := bufio.NewWriter(out)
	engine := suggest.New(nil)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var o operation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		switch o.Op {
		case "faqs":
			engine = suggest.New(entriesOf(o.FAQs))
		case "accept":
			engine.Learn(suggest.Choice{Entry: o.ID, Query: o.Query, Language: o.Language, Kind: suggest.Accepted})
		case "query":
			engine.Retrain()
			a := answer{Ranked: []string{}, Scores: []float64{}}
			for _, s := range engine.Suggest(suggest.Query{Text: o.Query, Language: o.Language, K: o.K}) {
				a.Ranked, a.Scores = append(a.Ranked, s.Entry), append(a.Scores, s.Confidence)
			}
			if err := json.NewEncoder(w).Encode(a); err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
		default:
			return fmt.Errorf("line %d: there is no op %q", n, o.Op)
		}
	}
	return lines.Err()
}

type operation struct {
	Op       string `json:"op"`
	FAQs     []faq  `json:"faqs"`
	ID       string `json:"id"`
	Query    string `json:"query"`
	Language string `json:"language"`
	K        int    `json:"k"`
}

type answer struct {
	Ranked []string  `json:"ranked"`
	Scores []float64 `json:"scores"`
}
