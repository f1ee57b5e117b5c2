# the file is not there
