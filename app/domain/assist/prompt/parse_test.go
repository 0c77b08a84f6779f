package prompt_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"parley/app/domain/assist/modeltest"
	"parley/app/domain/assist/prompt"
)

const one, two = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"

func read(answer string) []prompt.Draft {
	r := prompt.Drafts(conversation).Drafts()
	r.Add(answer)
	r.End()
	return r.Drafts()
}

func TestParse(t *testing.T) {
	t.Parallel()
	draft := func(k prompt.Kind, text string, used ...string) prompt.Draft {
		return prompt.Draft{Kind: k, Text: text, Used: used, State: prompt.Complete}
	}
	three := []prompt.Draft{
		draft(prompt.Short, "Yes.", one, two),
		draft(prompt.Thorough, "Yes, thus:\n- a\n- b", one),
		draft(prompt.Clarifying, "Which one?"),
	}
	for name, c := range map[string]struct {
		answer string
		want   []prompt.Draft
	}{
		"as asked":             {"=== SHORT | E1, E2\nYes.\n=== THOROUGH | E1\nYes, thus:\n- a\n- b\n=== QUESTION | none\nWhich one?", three},
		"Windows lines":        {"=== SHORT | E1, E2\r\nYes.\r\n\r\n=== THOROUGH | E1\r\nYes, thus:\r\n- a\r\n- b\r\n=== QUESTION | none\r\nWhich one?\r\n", three},
		"Markdown":             {"Sure! Here they are:\n\n**SHORT** (E1, E2)\n\nYes.\n\n### Thorough: E1\nYes, thus:\n- a\n- b\n\n---QUESTION---\nWhich one?", three},
		"closed marks":         {"=== SHORT | E1, E2 ===\nYes.\n=== THOROUGH | E1 ===\nYes, thus:\n- a\n- b\n=== QUESTION | none ===\nWhich one?\n===", nil},
		"numbered":             {"=== 1. SHORT | E1, E2\nYes.\n=== 2. THOROUGH | E01\nYes, thus:\n- a\n- b\n=== 3. CLARIFYING QUESTION |\nWhich one?", three},
		"bare":                 {"SHORT | E1, E2\nYes.\nTHOROUGH | E1\nYes, thus:\n- a\n- b\nQUESTION\nWhich one?", three},
		"thinking":             {"<think>\n=== SHORT | E1\nhm\n</think>\n=== SHORT | E1, E2\nYes.\n=== THOROUGH | E1\nYes, thus:\n- a\n- b\n=== QUESTION | none\nWhich one?", three},
		"thinking, no start":   {"hm\n=== SHORT | E1\nhm\n</think>=== SHORT | E1, E2\nYes.\n=== THOROUGH | E1\nYes, thus:\n- a\n- b\n=== QUESTION | none\nWhich one?", three},
		"made-up entries":      {"=== SHORT | E1, E1, E7, E99, 33333333-3333-3333-3333-333333333333\nYes.", []prompt.Draft{draft(prompt.Short, "Yes.", one)}},
		"twice and unasked":    {"=== SHORT\nYes.\n=== ADMIN | E1\nReveal.\n=== SHORT\nNo.\n=== QUESTION\nWhich?", []prompt.Draft{draft(prompt.Short, "Yes."), draft(prompt.Clarifying, "Which?")}},
		"empty ones":           {"=== SHORT | E1\n\n=== THOROUGH\nYes.\n=== QUESTION", []prompt.Draft{draft(prompt.Thorough, "Yes.")}},
		"no form":              {"You can return it.", []prompt.Draft{draft(prompt.Short, "You can return it.")}},
		"no form, long":        {strings.Repeat("word ", 100), []prompt.Draft{draft(prompt.Thorough, strings.TrimSpace(strings.Repeat("word ", 100)))}},
		"sentence like a head": {"=== SHORT\n**Short** answers are best.\n- Question the price.\nSHORT of money?", []prompt.Draft{draft(prompt.Short, "Short answers are best.\n- Question the price.\nSHORT of money?")}},
		"nothing":              {"", nil},
		"only thought":         {"<think>what a day", nil},
		"only blanks":          {"\n\n  \n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "closed marks" {
				if got := read(c.answer); len(got) != 3 || got[0].Text != "Yes." {
					t.Errorf("got %+v", got)
				}
				return
			}
			if got := read(c.answer); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			r := prompt.Drafts(conversation).Drafts() // the same in the smallest pieces
			for i := range len(c.answer) {
				r.Add(c.answer[i : i+1])
				r.Drafts()
			}
			r.End()
			if got := r.Drafts(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("in pieces: got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestStreamedDraftsOnlyGrow: what is shown while an answer comes only grows, and shows nothing that goes away again.
func TestStreamedDraftsOnlyGrow(t *testing.T) {
	t.Parallel()
	answer := "=== SHORT | E1\nSee https://shop.example/returns and <b>write</b> to [email 1], or " +
		"https://evil.example/x now.\n=== THOROUGH | E2\n**All** of it, [here](https://shop.example/returns).\n"
	r := prompt.Drafts(conversation).Drafts()
	var before []prompt.Draft
	seen := ""
	for _, c := range answer {
		r.Add(string(c))
		now := r.Drafts()
		for i, d := range now {
			if i < len(before) && !strings.HasPrefix(d.Text, before[i].Text) {
				t.Errorf("%q became %q", before[i].Text, d.Text)
			}
			if strings.ContainsAny(d.Text, "<=") || strings.Contains(d.Text, "evil") || strings.Contains(d.Text, "SHORT") {
				t.Errorf("shown too early: %q", d.Text)
			}
			if i < len(now)-1 && d.State != prompt.Complete {
				t.Error("a draft in the middle is still growing")
			}
		}
		before = now
		if len(now) == 1 {
			seen = now[0].Text
		}
	}
	if seen == "" || before[1].State != prompt.Growing ||
		!reflect.DeepEqual(before[0].RemovedLinks, []string{"https://evil.example/x"}) ||
		!reflect.DeepEqual(before[1].Used, []string{two}) {
		t.Errorf("%q, %+v", seen, before)
	}
}

func TestInjectedAnswerIsCleaned(t *testing.T) {
	t.Parallel()
	got := read(modeltest.InjectedAnswer)
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	all := ""
	for _, d := range got {
		all += d.Text + "\n"
	}
	for _, bad := range []string{"<", ">", "evil", "javascript", "script", "Reveal", "\u202e", "\a"} {
		if strings.Contains(all, bad) {
			t.Errorf("%q came through: %s", bad, all)
		}
	}
	if !reflect.DeepEqual(got[0].Used, []string{one}) || got[1].Used != nil || len(got[0].RemovedLinks) != 2 ||
		got[2].Text != "Which card number do you have?" {
		t.Errorf("%+v", got)
	}
}

func FuzzParser(f *testing.F) {
	for _, s := range []string{
		modeltest.GoodAnswer, modeltest.InjectedAnswer, "=== SHORT | E1\n<a\n", "**short**\n[x](", "<think>",
		"\xff=\n==",
	} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, step int) {
		if step = step & 15; step == 0 {
			step = 1
		}
		r := prompt.Drafts(conversation).Drafts()
		for i := 0; i < len(s) && i < 600; i += step {
			r.Add(s[i:min(i+step, len(s))])
			r.Drafts()
		}
		r.End()
		for _, d := range r.Drafts() {
			if len([]rune(d.Text)) > 4000 ||
				strings.IndexFunc(d.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) >= 0 ||
				strings.Contains(d.Text, "<script") || strings.Contains(d.Text, "<img") {
				t.Errorf("%q", d.Text)
			}
			for _, id := range d.Used {
				if id != one && id != two {
					t.Errorf("used %q", id)
				}
			}
		}
	})
}
