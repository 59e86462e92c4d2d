# NX_ADD_CFLAGS(VARIABLE, FLAGS)
# Appends each flag that the compiler takes. The source is compiled with the flag alone and -Werror, so that a
# compiler that only warns of an unknown option counts as not taking it.
AC_DEFUN([NX_ADD_CFLAGS], [
  for nx_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $nx_flag])
    nx_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $nx_flag -Werror"
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int nx_probe(void); int nx_probe(void) { return 0; }]])],
      [AC_MSG_RESULT([yes])
       $1="$$1 $nx_flag"],
      [AC_MSG_RESULT([no])])
    CFLAGS=$nx_save_CFLAGS
  done
])

# NX_PROG_PYTEST(VARIABLE)
# A python3 that can import pytest: the one in PATH, else the system's (a version manager's python3 in PATH often
# lacks what the distribution's has). Empty where there is none; precious, so that it can be given.
AC_DEFUN([NX_PROG_PYTEST], [
  AC_ARG_VAR([$1], [python3 with pytest, for the tests])
  AC_MSG_CHECKING([for a python3 with pytest])
  AS_IF([test -z "$$1"],
    [for nx_python in python3 /usr/bin/python3 /usr/local/bin/python3; do
       AS_IF([$nx_python -c 'import pytest' >/dev/null 2>&1], [$1=`command -v $nx_python`; break])
     done])
  AC_MSG_RESULT([${$1:-none}])
])
