package settings

import (
	"regexp"

	"parley/app/platform/fail"
)

// Appearance is the section of the launcher: where it is, and its color.
type Appearance struct {
	Left             bool   `json:"left,omitempty"`
	OffsetX          int    `json:"x,omitempty"` // pixels from the side, beside the usual; within Offset
	OffsetY          int    `json:"y,omitempty"` // pixels from the bottom, beside the usual; within Offset
	Hidden           bool   `json:"hidden,omitempty"`
	LauncherSelector string `json:"own,omitempty"`   // CSS selector of elements in the page that open the chat instead of the launcher
	Color            string `json:"color,omitempty"` // as #0b6bcb; empty: the stylesheet's, which is StylesheetColor
}

// StylesheetColor is the color of the widget's stylesheet, for what is drawn without it.
const StylesheetColor = "#0b6e6e"

// Offset is how many pixels the launcher can be moved.
var Offset = Range{-50, 1000}

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// ColorOrStylesheet returns the color in which the widget is drawn.
func (a Appearance) ColorOrStylesheet() string {
	if a.Color == "" {
		return StylesheetColor
	}
	return a.Color
}

func (a *Appearance) check(c *fail.Checks) {
	Offset.check(c, "x", "pixels", a.OffsetX)
	Offset.check(c, "y", "pixels", a.OffsetY)
	checkLine(c, "own", "the selector", &a.LauncherSelector, 200)
	if a.LauncherSelector != "" {
		c.AddError("own", checkSelector(a.LauncherSelector))
	}
	if a.Color != "" && !hexColor.MatchString(a.Color) {
		c.Add("color", "Choose a color such as #0b6bcb.")
	}
}
