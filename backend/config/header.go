package config

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// magic begins every SQLite file (https://www.sqlite.org/fileformat.html, 1.3).
var magic = []byte("SQLite format 3\x00")

// Offsets into the header of an SQLite file.
const (
	atPageSize      = 16
	atWriteVersion  = 18
	atPageCount     = 28
	atUserVersion   = 60
	atApplicationID = 68
	headerSize      = 100
)

// checkHeader finds what is wrong with a file before SQLite sees it, in words that
// help: its own for nearly everything are "database disk image is malformed". It
// returns the file's format.
func checkHeader(path string, info os.FileInfo) (format uint32, err error) {
	switch {
	case !info.Mode().IsRegular():
		return 0, broken(notAFile(info.Mode()))
	case info.Size() == 0:
		return 0, broken(flawed("file.empty", "is empty"))
	case info.Size() > MaxFileSize:
		return 0, broken(flawed("file.large", fmt.Sprintf("is larger than %d MiB", MaxFileSize>>20), "max", MaxFileSize>>20))
	}
	f, err := openFile(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var h [headerSize]byte
	n, err := io.ReadFull(f, h[:])
	if !bytes.HasPrefix(h[:n], magic) {
		return 0, broken(flawed("file.foreign", "is not an SQLite file"))
	}
	if err != nil {
		return 0, broken(flawed("file.cut-off", fmt.Sprintf("is cut off after %d bytes", n)))
	}
	page := int64(binary.BigEndian.Uint16(h[atPageSize:]))
	if page == 1 {
		page = 65536
	}
	format = binary.BigEndian.Uint32(h[atUserVersion:])
	pages := int64(binary.BigEndian.Uint32(h[atPageCount:]))
	switch {
	case h[atWriteVersion] != 1:
		return 0, broken(flawed("file.in-use", "is a copy of a database in use (write-ahead log), which may lack its last changes: publish with \"config apply\""))
	case binary.BigEndian.Uint32(h[atApplicationID:]) != ApplicationID:
		return 0, broken(flawed("file.foreign", fmt.Sprintf("is an SQLite file of another program (application id %#x)", binary.BigEndian.Uint32(h[atApplicationID:]))))
	case format > FormatVersion:
		return 0, broken(flawed("file.newer", fmt.Sprintf("was published by a newer version of this program (format %d, this one reads up to %d): update this one", format, FormatVersion)))
	case format < oldestFormat:
		return 0, broken(flawed("file.foreign", fmt.Sprintf("has format %d, which this program does not read: publish anew with \"config apply\"", format)))
	case page < 512 || page&(page-1) != 0:
		return 0, broken(damage("its page size is %d", page))
	case pages*page != info.Size():
		return 0, broken(flawed("file.cut-off", fmt.Sprintf("is cut off or has grown: %d bytes where its header says %d", info.Size(), pages*page)))
	}
	return format, nil
}

// openFile opens a regular file to be read. Anything else is a fault; opening a pipe
// does not wait for its writer.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", reason(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = broken(notAFile(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// reason is why a file could not be used, without its name, which whoever tells it
// has put before.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

func notAFile(m os.FileMode) *flaw {
	return flawed("file.kind", "is "+kindOf(m)+", not a file")
}

// kindOf names what is no regular file.
func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&os.ModeSymlink != 0:
		return "a symbolic link"
	case m&os.ModeNamedPipe != 0:
		return "a named pipe"
	case m&os.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// sniff tells SQLite from XML by the first bytes of a file, and by its name where
// they tell nothing. The caller has made sure that it is a regular file.
func sniff(path string) (kind Kind, err error) {
	f, err := openFile(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var start [512]byte
	n, err := io.ReadFull(f, start[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	text := bytes.TrimPrefix(start[:n], []byte("\xef\xbb\xbf"))
	switch text = bytes.TrimLeft(text, " \t\r\n"); {
	case bytes.HasPrefix(start[:n], magic):
		return SQLite, nil
	case bytes.HasPrefix(text, []byte("<")), bytes.HasPrefix(start[:n], []byte("\xff\xfe<\x00")), bytes.HasPrefix(start[:n], []byte("\xfe\xff\x00<")):
		return XML, nil
	}
	return kindByName(path), nil
}
