// Package bucket writes a report into an object store or a folder. It is what the program tieout-bucket does, and apart
// because the clients of three clouds take more memory than a run that judges a million orders.
package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/fileblob"  // file://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"

	"tieout/reports/delivery"
)

// Manifest says which files a report consists of. It is written after all of them, in one piece, so whoever reads it finds
// the whole report under Folder, and until then the one before.
type Manifest struct {
	FinanceDay string          `json:"finance_day"`
	Report     string          `json:"report"` // delivery.Parcel.ID
	Headline   string          `json:"headline"`
	Folder     string          `json:"folder"`
	Files      []delivery.File `json:"files"`
}

// Write writes the files of a parcel into the bucket at a URL of gocloud.dev/blob (s3://NAME?region=…, gs://NAME, azblob://NAME
// or file:///PATH), below FINANCE DAY/ID/, and then FINANCE DAY/manifest.json, which points there. When a file cannot be
// written, those written before it are removed again: a report is there whole or not at all. The clients try again by
// themselves what may pass.
func Write(ctx context.Context, bucketURL string, parcel delivery.Parcel) (err error) {
	opened, err := blob.OpenBucket(ctx, withoutSidecars(bucketURL))
	if err != nil {
		return fmt.Errorf("open the bucket: %w", err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	key := path.Join(parcel.FinanceDay, "manifest.json")
	if held, err := opened.ReadAll(ctx, key); err == nil {
		var manifest Manifest
		if json.Unmarshal(held, &manifest) == nil && manifest.Report == parcel.ID() {
			return nil // it is there, and whole
		}
	}
	folder := path.Join(parcel.FinanceDay, parcel.ID()[:16])
	for i, file := range parcel.Files {
		if err := upload(ctx, opened, path.Join(folder, file.Name), filepath.Join(parcel.Folder, file.Name)); err != nil {
			return errors.Join(err, remove(ctx, opened, folder, parcel.Files[:i]))
		}
	}
	content, err := json.MarshalIndent(Manifest{parcel.FinanceDay, parcel.ID(), parcel.Headline(), folder, parcel.Files}, "", "  ")
	if err != nil {
		return err
	}
	if err := opened.WriteAll(ctx, key, append(content, '\n'), &blob.WriterOptions{ContentType: "application/json"}); err != nil {
		return errors.Join(fmt.Errorf("write %s into the bucket: %w", key, err), remove(ctx, opened, folder, parcel.Files))
	}
	return nil
}

// withoutSidecars keeps a folder a folder of reports alone: no files of attributes beside them, made if it is not there,
// and what is being written lies in it too, since a rename does not cross file systems.
func withoutSidecars(text string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "file" {
		return text
	}
	query := parsed.Query()
	for name, value := range map[string]string{"metadata": "skip", "create_dir": "true", "no_tmp_dir": "true"} {
		if !query.Has(name) {
			query.Set(name, value)
		}
	}
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// upload writes one file. A failed one leaves nothing: the writer's context ends before it is closed.
func upload(ctx context.Context, bucket *blob.Bucket, key, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := bucket.Upload(ctx, key, file, &blob.WriterOptions{ContentType: delivery.ContentType(path)}); err != nil {
		return fmt.Errorf("write %s into the bucket: %w", key, err)
	}
	return nil
}

// remove takes back what was written, also when it was told to stop.
func remove(ctx context.Context, bucket *blob.Bucket, folder string, files []delivery.File) error {
	var failures []error
	for _, file := range files {
		key := path.Join(folder, file.Name)
		if err := bucket.Delete(context.WithoutCancel(ctx), key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			failures = append(failures, fmt.Errorf("remove %s from the bucket again: %w", key, err))
		}
	}
	return errors.Join(failures...)
}
