package bucket

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"tieout/reports/delivery"
)

// Main is the program tieout-bucket: it writes the report in a folder into a bucket. Exit codes: 0 written, or there already;
// 1 failed, a retry may help; 2 wrong usage. The last line of stderr says why.
func Main(args []string, stderr io.Writer) int {
	if len(args) != 3 {
		fmt.Fprintln(stderr, "usage: tieout-bucket URL FOLDER FINANCE-DAY")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parcel, err := delivery.Pack(args[1], args[2])
	if err == nil {
		err = Write(ctx, args[0], parcel)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
