package model

import "unicode/utf8"

// Usage is what one answer cost.
type Usage struct {
	Prompt, Completion int  // tokens
	Estimated          bool // counted by Tokens, because the server did not say
}

// Total is what counts against a budget.
func (u Usage) Total() int { return u.Prompt + u.Completion }

// Tokens estimates the tokens of a text: a quarter for each ASCII character, one for each other, rounded up. It errs on the
// dear side for every language but code, which is the side a hard budget wants.
func Tokens(text string) int { return (quarters(text) + 3) / 4 }

func quarters(text string) int {
	n := 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		n += 4
		i += size
	}
	return n
}

// Tokens estimates the tokens of the request: those of its texts, four for each message's frame, and three for the answer's.
func (r Request) Tokens() int {
	n := 3
	for _, m := range r.Messages {
		n += Tokens(m.Text) + 4
	}
	return n
}

// Most is what the request may cost at the most, by the estimate: what a budget must have left before it is sent.
func (r Request) Most() int { return r.Tokens() + r.MaxTokens }

// mostTokens bounds what a server may claim, so that a mad figure cannot overflow a month's sum.
const mostTokens = 10_000_000

// bill returns what the server said, or the estimate for what was asked and what came.
func bill(said *usage, r Request, answer int) Usage {
	if said != nil && said.Prompt >= 1 && said.Completion >= 0 {
		return Usage{Prompt: int(min(said.Prompt, mostTokens)), Completion: int(min(said.Completion, mostTokens))}
	}
	return Usage{Prompt: r.Tokens(), Completion: answer, Estimated: true}
}
