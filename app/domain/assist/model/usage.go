package model

import "unicode/utf8"

// Usage is what one answer cost.
type Usage struct {
	Prompt, Completion int  // tokens
	Estimated          bool // counted by Tokens, because the server did not say
}

// Total is what counts against a budget.
func (u Usage) Total() int { return u.Prompt + u.Completion }

// EstimateTokens estimates the tokens of a text: a quarter for each ASCII character, one for each other, rounded up. It errs on the
// dear side for every language but code, which is the side a hard budget wants.
func EstimateTokens(text string) int { return (quarters(text) + 3) / 4 }

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

// EstimateTokens estimates the tokens of the request: those of its texts, four for each message's frame, and three for the answer's.
func (r Request) EstimateTokens() int {
	n := 3
	for _, m := range r.Messages {
		n += EstimateTokens(m.Text) + 4
	}
	return n
}

// MaxTokensTotal is what the request may cost at the most, by the estimate: what a budget must have left before it is sent.
func (r Request) MaxTokensTotal() int { return r.EstimateTokens() + r.MaxTokens }

// maxClaimedTokens bounds what a server may claim, so that a mad figure cannot overflow a month's sum.
const maxClaimedTokens = 10_000_000

// usageOf returns what the server said, or the estimate for what was asked and what came.
func usageOf(said *usage, r Request, answer int) Usage {
	if said != nil && said.Prompt >= 1 && said.Completion >= 0 {
		return Usage{Prompt: int(min(said.Prompt, maxClaimedTokens)), Completion: int(min(said.Completion, maxClaimedTokens))}
	}
	return Usage{Prompt: r.EstimateTokens(), Completion: answer, Estimated: true}
}
