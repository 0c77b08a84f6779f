package testkit

import (
	_ "embed"
	"encoding/json"
)

// axe-core 4.14.1, from the npm package of that name, unchanged (MPL 2.0, see axe/LICENSE).
//
//go:embed axe/axe.min.js
var axe string

// Accessible runs axe-core on the page as it is, by the rules of WCAG 2.0 to 2.2, levels A and AA, and reports what it finds.
func (b *Tab) Accessible(name string) {
	b.T.Helper()
	b.ignoring.Store(true) // axe tries inline styles, which the page's policy refuses
	defer func() {
		b.Run("await new Promise((go) => setTimeout(go, 50))")
		b.ignoring.Store(false)
	}()
	b.Run("await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => 0)))") // colors in transition have no contrast yet
	b.Run(axe)
	raw := Eval[string](b, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then((r) =>
		JSON.stringify(r.violations.map((v) => ({
			rule: v.id,
			help: v.help,
			where: v.nodes.map((n) => n.target.flat().join(" ") + ": " + (n.any[0]?.message || "")),
		}))))`)
	var found []struct {
		Rule, Help string
		Where      []string
	}
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		b.T.Fatal(err)
	}
	for _, v := range found {
		b.T.Errorf("%s: %s (%s)\n  %v", name, v.Help, v.Rule, v.Where)
	}
}
