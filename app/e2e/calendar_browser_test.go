package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"parley/app/tools/testkit"
)

// TestBrowserClockChanges shows that the widget's greetings follow the same table of cases as groups' hours do:
// times that last past midnight, days off, changed clocks.
func TestBrowserClockChanges(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("../platform/calendar/testdata/nights.json")
	if err != nil {
		t.Fatal(err)
	}
	source := httptest.NewServer(http.FileServer(http.Dir("../../widget/src")))
	defer source.Close()
	tab := testkit.NewTab(t)
	tab.Go(source.URL + "/")
	tab.Run(`import("/greeting.js").then(({ default: greet }) => { window.wrong = ` + string(table) + `.filter((x) => {
		const [from, to] = x.hours.split("-"), when = { days: x.days, from, to };
		const website = { zone: x.zone, holidays: x.holidays, state: "online", greeting: "out", greetings: [{ ...when, holiday: true, text: "off" }, { ...when, text: "in" }] };
		return (greet(website, new Date(x.at), "/").text === "in") !== x.in;
	}).map((x) => JSON.stringify(x)); }).catch((e) => { window.wrong = [String(e)]; })`)
	tab.Wait(`window.wrong`)
	for _, x := range testkit.Eval[[]string](tab, `window.wrong`) {
		t.Error(x)
	}
}
