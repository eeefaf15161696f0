#pragma once
// Runs a command line inside the test, with files for its streams.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"

struct CliResult {
  int code = -1;
  std::string out;
  std::string err;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileOwner = std::unique_ptr<std::FILE, CloseFile>;

inline std::string text_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

inline CliResult run_cli(const std::vector<std::string>& arguments,
                         mhub::cli::Environment environment = {}, const std::string& input = {}) {
  const FileOwner in(std::tmpfile());
  const FileOwner out(std::tmpfile());
  const FileOwner err(std::tmpfile());
  std::fwrite(input.data(), 1, input.size(), in.get());
  std::rewind(in.get());
  CliResult result;
  result.code = mhub::cli::run_command_line(arguments, std::move(environment),
                                            {in.get(), out.get(), err.get()});
  result.out = text_of(out.get());
  result.err = text_of(err.get());
  return result;
}
