// Command audit checks what Parley is built of: known vulnerabilities, licenses, and the checksums of vendored files. Run it by
// "make audit".
//
// It exits with an error if code of ours calls something vulnerable, if a license is not one we may use, or if a vendored file
// is not what it was. A vulnerability database that cannot be reached is said and is no error: everything else is still
// checked, and machines without a way out can run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	root := flag.String("root", "..", "the folder of Parley's go.mod")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := audit(ctx, *root, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func audit(ctx context.Context, root string, out io.Writer) error {
	fmt.Fprintln(out, "Vulnerabilities")
	vulnerable := vulnerabilities(ctx, root, database(), out)
	fmt.Fprintln(out, "\nLicenses")
	licensed := licenses(ctx, root, out)
	fmt.Fprintln(out, "\nVendored files")
	unchanged := vendored(root, out)
	return errors.Join(vulnerable, licensed, unchanged)
}
