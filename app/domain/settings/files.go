package settings

import "parley/app/platform/fail"

// Files is the section of what visitors can send.
type Files struct {
	Disabled    bool     `json:"off,omitempty"`
	MaxMB       int      `json:"mb,omitempty"`    // the most for one file; within FileMB
	Types       []string `json:"sorts,omitempty"` // categories of files; none: those of the default
	Screenshots bool     `json:"shots,omitempty"` // the visitor can send a picture of the page
}

// FileMB is how large a file can be allowed to be.
var FileMB = Range{1, 50}

var usualFileTypes = []string{"images", "pdf", "texts", "office"}

func defaultFiles() Files { return Files{MaxMB: 10, Types: usualFileTypes} }

// MaxBytes is the largest file in bytes.
func (f Files) MaxBytes() int { return f.MaxMB << 20 }

// AllowedTypes is the categories of files that may be sent.
func (f Files) AllowedTypes() []string {
	switch {
	case f.Disabled:
		return nil
	case len(f.Types) == 0:
		return usualFileTypes
	}
	return f.Types
}

func (f *Files) check(c *fail.Checks) {
	FileMB.check(c, "files_mb", "MB", f.MaxMB)
}
