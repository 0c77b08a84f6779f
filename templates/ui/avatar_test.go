package ui_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"

	"parley/app/domain/visitor"
)

// Initials can be read on each color of avatars, in both themes: contrast of 4.5:1 or more (WCAG 2.2, 1.4.3).
func TestAvatarContrast(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	rule := regexp.MustCompile(`\.avatar-([a-z]+) \{ background: light-dark\((#\w{6}), (#\w{6})\); color: light-dark\((#\w{6}), (#\w{6})\); \}`)
	pairs := map[visitor.Color][]string{}
	for _, m := range rule.FindAllStringSubmatch(string(css), -1) {
		pairs[visitor.Color(m[1])] = m[2:]
	}
	for _, c := range visitor.Colors {
		p := pairs[c]
		if p == nil {
			t.Errorf("no colors for %s", c)
			continue
		}
		if light, dark := contrast(p[0], p[2]), contrast(p[1], p[3]); light < 4.5 || dark < 4.5 {
			t.Errorf("%s: contrast %.1f in light, %.1f in dark", c, light, dark)
		}
	}
}

// contrast returns the contrast ratio of two colors such as #aabbcc (WCAG 2.2, "contrast ratio").
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance returns the relative luminance of a color (WCAG 2.2, "relative luminance").
func luminance(color string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
