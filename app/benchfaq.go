package main

import (
	"fmt"
	"io"
	"os"

	"parley/app/faq/suggest/measure"
)

// suggestions drives the engine of suggestions without a server: by operations on standard input, or to be measured.
func suggestions(args []string, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "--stdio":
		return measure.Drive(os.Stdin, out)
	case len(args) > 0 && args[0] == "--measure":
		return measure.Folders(out, args[1:])
	}
	return fmt.Errorf("suggest knows --stdio (entries, choices and messages on standard input) and --measure FOLDER... (how good and how quick)")
}
