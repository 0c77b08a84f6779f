package measure

import (
	"math"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	t.Parallel()
	f, err := readDataset("sample")
	if err != nil {
		t.Fatal(err)
	}
	e, _ := f.train(trainingPlan{}, 1)
	cold, _ := f.evaluate(e)
	e, _ = f.train(trainingPlan{perEntry: 5}, 1)
	warm, _ := f.evaluate(e)
	if cold.at3 < 0.8 || warm.at3 < cold.at3 || warm.auroc < 0.8 {
		t.Errorf("cold %+v, taught %+v", cold, warm)
	}
}

func TestAUROC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		above, below []float64
		want         float64
	}{
		{[]float64{2, 3}, []float64{1}, 1},
		{[]float64{1}, []float64{2}, 0},
		{[]float64{1}, []float64{1}, 0.5},
		{[]float64{1, 3}, []float64{2, 0}, 0.75},
	} {
		if got := auroc(c.above, c.below); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v over %v: %v", c.above, c.below, got)
		}
	}
}

func TestRunOperations(t *testing.T) {
	t.Parallel()
	in := `{"op":"faqs","faqs":[{"id":"a","question":"Where is my parcel?","answer":"On its way.","language":"en"},{"id":"b","question":"How can I pay?","answer":"By card.","language":"en"}]}
{"op":"query","query":"my parcel","language":"en","k":10}

{"op":"accept","query":"too dear","language":"en","id":"b"}
{"op":"query","query":"that is too dear","language":"en","k":1}
{"op":"query","query":"","language":"en","k":1}
`
	var out strings.Builder
	if err := RunOperations(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != 3 || !strings.HasPrefix(got[0], `{"ranked":["a","b"],"scores":[0.`) ||
		!strings.HasPrefix(got[1], `{"ranked":["b"],"scores":[0.`) || !strings.HasPrefix(got[2], `{"ranked":[`) {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"{", `{"op":"dance"}`} {
		if err := RunOperations(strings.NewReader(bad), &out); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
