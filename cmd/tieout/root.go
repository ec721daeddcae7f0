package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tieout/config"
	"tieout/jobs"
)

// defaultConfig is read when no --config is given and it exists.
const defaultConfig = "tieout.yaml"

// app is one invocation of the program.
type app struct {
	env            []string
	stdout, stderr io.Writer
	configPath     string
	settings       []string // KEY=VALUE, from --set
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tieout",
		Short: "Ties orders out against Stripe and Trust Payments, every day",
		Long: "tieout reads what the payment providers say happened, reads what the shop's orders say, ties the two out,\n" +
			"does the few safe things that follow, and writes reports.\n\n" +
			"Exit codes: 0 done; 1 failed, a retry may help; 2 wrong usage or configuration; 3 done, and --fail-on was\nreached; 4 another run holds the lock.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&a.configPath, "config", "", "configuration file (default "+defaultConfig+", if it exists)")
	root.PersistentFlags().StringArrayVar(&a.settings, "set", nil, "KEY=VALUE: one setting, over file and environment (repeatable)")
	root.AddCommand(a.runCommand(), a.scheduleCommand(), a.explainCommand(), a.exceptionsCommand(), a.ordersCommand(), a.importCommand(), a.refundsCommand(),
		a.reportCommand(), a.deliverCommand(), a.exportCommand(), a.verifyCommand(), a.forgetCommand(), a.auditCommand(), a.rebuildCommand(), a.migrateCommand(), a.configCommand(), a.simulateCommand(), a.demoCommand(), a.versionCommand())
	return root
}

// usage makes a wrong number of arguments a usage error.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if err := check(command, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// load reads the configuration: defaults, file, environment, flags.
func (a *app) load() (*config.Config, error) {
	overrides := map[string]string{}
	for _, setting := range a.settings {
		key, value, ok := strings.Cut(setting, "=")
		if !ok {
			return nil, usagef("--set %q: write KEY=VALUE", setting)
		}
		overrides[key] = value
	}
	path, err := a.findConfig()
	if err != nil {
		return nil, err
	}
	loaded, err := config.Load(path, a.env, overrides, checkSchedule)
	if err == nil {
		return loaded, nil
	}
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		return nil, err
	}
	return nil, usageError{err} // a file that cannot be read
}

func (a *app) findConfig() (string, error) {
	if a.configPath != "" {
		return a.configPath, nil
	}
	for _, pair := range a.env {
		if path, ok := strings.CutPrefix(pair, "TIEOUT_CONFIG="); ok && path != "" {
			return path, nil
		}
	}
	if _, err := os.Stat(defaultConfig); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return defaultConfig, nil
}

func checkSchedule(c *config.Config, report func(path, message string)) {
	for _, expression := range c.Schedule.Expressions() {
		if err := jobs.CheckSpec(expression.Spec); err != nil {
			report(expression.Path, fmt.Sprintf("%q is not a cron expression of five fields: %v", expression.Spec, err))
		}
	}
}

// logger writes text on a terminal and JSON otherwise, unless the configuration says which.
func (a *app) logger(c *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Log.Level}
	if c.Log.Format == "text" || c.Log.Format == "auto" && isTerminal(a.stderr) {
		return slog.New(slog.NewTextHandler(a.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(a.stderr, options))
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
