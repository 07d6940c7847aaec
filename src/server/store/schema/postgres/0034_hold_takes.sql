-- What goes when a hidden tag goes: 0 nothing else, 1 its image, 2 a part of such an image, on which no tag was ever put.
ALTER TABLE trash_holds RENAME COLUMN is_whole TO takes;
